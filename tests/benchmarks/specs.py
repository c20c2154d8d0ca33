"""Specs of the size that people write, as many as wanted, no two alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONTAINER = """\
kind: custom
display_name: bench
container_uri: us-docker.pkg.dev/bench-project/train/image:1
args: [--epochs, 30]
machine_type: n1-standard-8
accelerator_type: NVIDIA_TESLA_T4
accelerator_count: 1
labels: {team: bench}
"""

POOLS = """\
# Nightly training of the ranking model, run {number}
kind: custom
display_name: ranking-{number}
labels: {{team: ranking, run: run-{number}, stage: nightly}}
base_output_dir: gs://bench-bucket/ranking/{number}
service_account: trainer@bench-project.iam.gserviceaccount.com
timeout: 12h
restart_job_on_worker_restart: true

worker_pool_specs:
  - machine_spec:
      machine_type: n1-standard-16
      accelerator_type: NVIDIA_TESLA_T4
      accelerator_count: 2
    replica_count: 1
    disk_spec: {{boot_disk_type: pd-ssd, boot_disk_size_gb: 200}}
    container_spec: &container
      image_uri: us-docker.pkg.dev/bench-project/train/ranking:{number}
      command: [python, -m, ranking.train]
      args:
        - --learning-rate=1e-{digit}
        - --batch-size=512
        - --epochs=40
        - --features=gs://bench-bucket/features/{number}/*.tfrecord
        - --vocabulary=gs://bench-bucket/vocabulary/{number}.txt
      env:
        - {{name: LOG_LEVEL, value: info}}
        - {{name: RUN_NUMBER, value: "{number}"}}
        - {{name: TF_CPP_MIN_LOG_LEVEL, value: "2"}}
  - machine_spec:
      machine_type: n1-standard-16
      accelerator_type: NVIDIA_TESLA_T4
      accelerator_count: 2
    replica_count: {replicas}
    disk_spec: {{boot_disk_type: pd-ssd, boot_disk_size_gb: 200}}
    container_spec: *container
  - machine_spec: {{machine_type: n1-highmem-8}}
    replica_count: 1
    container_spec:
      image_uri: us-docker.pkg.dev/bench-project/train/parameter-server:{number}
"""


def write_specs(folder: Path, count: int) -> list[str]:
    """`count` specs of several worker pools each; their paths."""
    folder.mkdir()
    paths = [folder / f"spec{number:05}.yaml" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(POOLS.format(number=number, digit=number % 5 + 1, replicas=number % 7 + 1), encoding="utf-8")
    return [str(path) for path in paths]
