"""Models that predict: scikit-learn's by file, any by a class of the user's."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Predict = Callable[[list[Any]], list[Any]]
    """Predictions for instances, one for each, as JSON values."""


class NoModel(Exception):
    """The folder holds nothing that predicts; the message says why."""


def load(folder: Path) -> Predict:
    """What predicts with the model in a folder. Raises NoModel."""
    if (folder / "predictor.py").exists():
        return _load_class(folder)
    for name, read in (("model.joblib", _read_joblib), ("model.pkl", _read_pickle)):
        if (folder / name).exists():
            return _use_estimator(read(folder / name))
    raise NoModel(f"`{folder}` holds neither `model.joblib` nor `model.pkl` nor `predictor.py`")


def _load_class(folder: Path) -> Predict:
    """The one class of `predictor.py` with `from_path`."""
    sys.path.insert(0, str(folder))  # it may have modules beside it
    spec = importlib.util.spec_from_file_location("predictor", folder / "predictor.py")
    if spec is None or spec.loader is None:
        raise NoModel("`predictor.py` cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules["predictor"] = module
    spec.loader.exec_module(module)
    own = (value for value in vars(module).values() if getattr(value, "__module__", None) == "predictor")
    found = [value for value in own if isinstance(value, type) and hasattr(value, "from_path")]
    if len(found) != 1:
        raise NoModel(f"`predictor.py` must have one class with `from_path`, and has {len(found)}")
    predictor = found[0].from_path(str(folder))
    return lambda instances: [to_json(value) for value in predictor.predict(instances)]


def _read_joblib(path: Path) -> Any:
    import joblib  # type: ignore[import-untyped,unused-ignore]

    return joblib.load(path)


def _read_pickle(path: Path) -> Any:
    import pickle

    return pickle.loads(path.read_bytes())  # noqa: S301  the user's own model


def _use_estimator(model: Any) -> Predict:
    """Instances are lists of features, or objects by the names that the model was trained with."""
    names = [str(name) for name in getattr(model, "feature_names_in_", ())]

    def predict(instances: list[Any]) -> list[Any]:
        rows = [[each[name] for name in names] if isinstance(each, dict) else each for each in instances]
        return [to_json(value) for value in model.predict(rows)]

    return predict


def to_json(value: Any) -> Any:
    """A prediction as a JSON value: NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, dict):
        return {str(key): to_json(inner) for key, inner in value.items()}
    return [to_json(inner) for inner in value] if isinstance(value, (list, tuple)) else value
