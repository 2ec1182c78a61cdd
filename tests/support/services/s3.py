"""An S3 server on the loopback (moto), with one bucket and keys that open nothing else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .process import answers, free_port, running

BUCKET = "results"
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def s3(folder: Path) -> Iterator[str]:
    """The address of the server. What is put there lives in its memory and ends with it."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, lambda: answers(port), folder / "s3.log"):
        client(address).create_bucket(Bucket=BUCKET)
        yield address


def no_keys(folder: Path) -> dict[str, str]:
    """An environment in which nobody's own keys are read, and none asked where a cloud's machines find theirs."""
    empty = folder / "aws"
    empty.touch()
    files = {name: str(empty) for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
    return files | {"AWS_EC2_METADATA_DISABLED": "true"}


def client(address: str):
    import boto3

    names = ("aws_access_key_id", "aws_secret_access_key", "region_name")
    return boto3.client("s3", endpoint_url=address, **dict(zip(names, KEYS.values(), strict=True)))
