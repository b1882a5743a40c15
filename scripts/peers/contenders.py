"""PyTorch's ways to run a block, as the peers that the fused form is set beside. No torch here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """One way. Strict float32 unless `tf32`: PyTorch's default, with TF32 in cuDNN's convolutions."""

    name: str
    mode: str | None = None  # of torch.compile; None: eager
    channels_last: bool = False
    freezing: bool = False  # inductor takes weights for constants, and folds them
    tf32: bool = False

    @property
    def own_graphs(self) -> bool:
        """Replays CUDA graphs by itself, so that no other graph can capture it."""
        return self.mode in ("reduce-overhead", "max-autotune")

    @property
    def tunes(self) -> bool:
        """Chooses kernels by timing them, and wants the device for itself meanwhile."""
        return self.mode is not None and self.mode.startswith("max-autotune")

    @property
    def settings(self) -> str:
        compiled = f"torch.compile mode={self.mode} fullgraph=True dynamic=False"
        parts = ["eager" if self.mode is None else compiled]
        parts += ["channels_last"] * self.channels_last + ["freezing"] * self.freezing
        parts += [f"cudnn.allow_tf32={self.tf32} cuda.matmul.allow_tf32=False"]
        return ", ".join(parts)


TF32 = "+tf32"
WAYS = {way.name: way for way in (
    Contender("eager"),
    Contender("eager-channels-last", channels_last=True),
    Contender("compile", "default"),
    Contender("compile-channels-last", "default", channels_last=True),
    Contender("compile-freezing", "default", freezing=True),
    Contender("compile-freezing-channels-last", "default", channels_last=True, freezing=True),
    Contender("max-autotune", "max-autotune"),
    Contender("max-autotune-no-cudagraphs", "max-autotune-no-cudagraphs"),
)}

# In every section; and besides in the sections where the best of PyTorch's forms is looked for.
EVERYWHERE = {"cpu": ["eager", "compile"], "cuda": ["eager", "compile"]}
FOR_THE_BEST = {
    "cpu": ["eager-channels-last", "compile-channels-last", "compile-freezing"],
    "cuda": ["compile+tf32", "compile-channels-last", "eager+tf32", "eager-channels-last",
             "max-autotune-no-cudagraphs", "max-autotune"],  # dearest last: time for compiling may end before
}


def contender(name: str) -> Contender:
    """By name, "+tf32" behind it for PyTorch's default. Raises ValueError for one that is not there."""
    way = WAYS.get(name.removesuffix(TF32))
    if way is None:
        raise ValueError(f"contender: {name}; allowed: {', '.join(WAYS)}, each also with {TF32}")
    if not name.endswith(TF32):
        return way
    return Contender(name, way.mode, way.channels_last, way.freezing, True)
