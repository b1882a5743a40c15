"""safetensors files with the package of that name, or without it where only torch is installed."""

import json
import struct
from pathlib import Path

import torch

try:
    from safetensors import safe_open
    from safetensors.torch import save_file
except ImportError:
    safe_open = save_file = None

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
          "I64": torch.int64, "I32": torch.int32, "U8": torch.uint8}
NAMES = {dtype: name for name, dtype in DTYPES.items()}


def read(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors by name, and the file's metadata."""
    if safe_open is None:
        return read_plain(path)
    with safe_open(str(path), "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}


def write(tensors: dict[str, torch.Tensor], path: Path) -> None:
    if save_file is None:
        write_plain(tensors, path)
    else:
        whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
        save_file(whole, str(path), {"format": "pt"})


def read_plain(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """`read` without the package. Trusts the file."""
    data = bytearray(Path(path).read_bytes())
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = DTYPES[entry["dtype"]]
        raw = torch.frombuffer(data[8 + length + begin:8 + length + end], dtype=dtype) if end > begin \
            else torch.empty(0, dtype=dtype)
        tensors[name] = raw.reshape(entry["shape"])
    return tensors, metadata


def write_plain(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """`write` without the package, and without numpy."""
    header: dict = {"__metadata__": {"format": "pt"}}
    blob = bytearray()
    for name, tensor in tensors.items():
        raw = bytes(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).tolist())
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape),
                        "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + blob)
