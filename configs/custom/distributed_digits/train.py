"""Train one softmax classifier of handwritten digits on several machines that average their gradients.

Every replica finds its place in CLUSTER_SPEC. The primary one (`workerpool0`) listens on its address there, hands each
worker a part of the images, and then sends weights and takes gradients until the last step.
"""

import argparse
import json
import os
import socket
import struct
import time
from io import BytesIO
from pathlib import Path

import numpy as np

PIXELS, DIGITS = 64, 10


def send(connection, *arrays):
    """Arrays as one message: its length, then NumPy's own format, which holds no code."""
    buffer = BytesIO()
    np.savez(buffer, *arrays)
    connection.sendall(struct.pack(">Q", buffer.tell()) + buffer.getvalue())


def receive(connection):
    """The arrays of one message; none when the other side has closed the connection."""
    head = read(connection, 8)
    if len(head) < 8:
        return []
    with np.load(BytesIO(read(connection, *struct.unpack(">Q", head))), allow_pickle=False) as message:
        return [message[name] for name in message.files]


def read(connection, size):
    parts = []
    while size and (part := connection.recv(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def gradient(weights, images, labels):
    """The gradient of the mean cross-entropy, and that mean."""
    scores = images @ weights
    scores -= scores.max(axis=1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(axis=1, keepdims=True)
    places = np.arange(len(labels))
    loss = -np.log(chances[places, labels]).mean()
    chances[places, labels] -= 1
    return images.T @ chances / len(labels), loss


def load():
    """Images with a column of ones, and labels, in a random order that is the same every time."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    images = np.hstack([digits.data / 16, np.ones((len(order), 1))])
    return images[order], digits.target[order]


def lead(address, workers, options):
    """The primary replica: deals out the images, averages gradients, saves the weights."""
    images, labels = load()
    held_out = len(labels) // 5
    parts = np.array_split(np.arange(held_out, len(labels)), workers + 1)
    host, port = address.rsplit(":", 1)
    with socket.create_server(("", int(port))) as listener:
        print(f"listening on {host}:{port} for {workers} workers", flush=True)
        connections = [listener.accept()[0] for _ in range(workers)]
    for connection, part in zip(connections, parts[1:], strict=True):
        send(connection, images[part], labels[part])
    weights = np.zeros((PIXELS + 1, DIGITS))
    for step in range(1, options.steps + 1):
        for connection in connections:
            send(connection, weights)
        own, loss = gradient(weights, images[parts[0]], labels[parts[0]])
        gradients = [own, *(receive(connection)[0] for connection in connections)]
        weights -= options.learning_rate * np.mean(gradients, axis=0)
        if step % 100 == 0:
            print(f"step {step}/{options.steps}  loss {loss:.4f}", flush=True)
    for connection in connections:
        connection.close()
    accuracy = (np.argmax(images[:held_out] @ weights, axis=1) == labels[:held_out]).mean()
    folder = Path(os.environ.get("AIP_MODEL_DIR", "model").replace("gs://", "/gcs/", 1))
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "weights.npy", weights)
    print(f"accuracy {accuracy:.4f} on {held_out} held-out images; trained by {workers + 1} replicas", flush=True)


def follow(address):
    """A worker: takes its part of the images, and answers weights with a gradient until the primary closes."""
    host, port = address.rsplit(":", 1)
    with connect(host, int(port)) as connection:
        images, labels = receive(connection)
        print(f"training on {len(labels)} images", flush=True)
        while message := receive(connection):
            send(connection, gradient(message[0], images, labels)[0])
    print("done", flush=True)


def connect(host, port, patience=300):
    """A connection to the primary replica, which may start later than its workers."""
    end = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection((host, port))
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--learning-rate", type=float, default=0.5)
    options = parser.parse_args()
    spec = json.loads(os.environ["CLUSTER_SPEC"])
    [primary] = spec["cluster"]["workerpool0"]
    if spec["task"]["type"] == "workerpool0":
        lead(primary, len(spec["cluster"].get("workerpool1", [])), options)
    else:
        follow(primary)


if __name__ == "__main__":
    main()
