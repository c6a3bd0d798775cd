"""A sentence for an unexpected error, and its cause if the page has a remedy."""

from core.files import cache
from core.runs.records import GPU_MEMORY, MEMORY

# What TensorFlow, JAX and PyTorch raise or say when memory runs out.
TYPES = ("ResourceExhaustedError", "OutOfMemoryError", "MemoryError")
WORDS = ("RESOURCE_EXHAUSTED", "CUDA_ERROR_OUT_OF_MEMORY", "CUDNN_STATUS_ALLOC_FAILED", "CUDA out of memory")
FULL = "The disk is full. Make room by deleting models or runs that you no longer need, then try again."


def explain(error: Exception, on_gpu: bool) -> tuple[str, str]:
    """One sentence about the error, and its cause: GPU_MEMORY, MEMORY or ""."""
    if is_full(error):
        return FULL, ""
    if _is_out_of_memory(error):
        if on_gpu and not isinstance(error, MemoryError):
            return "The GPU's memory ran out. Try a smaller batch size or image size, or train on the CPU.", GPU_MEMORY
        return "The machine's memory ran out. Try a smaller image size or batch size.", MEMORY
    line = (str(error) or type(error).__name__).splitlines()[0][:200]
    return f"Training ended with an unexpected error ({type(error).__name__}: {line}). See the log for details.", ""


def is_full(error: Exception) -> bool:
    """Whether the error means that the disk is full; C libraries say so only in the message."""
    return (isinstance(error, OSError) and error.errno in cache.FULL) or "No space left on device" in str(error)


def _is_out_of_memory(error: Exception) -> bool:
    has_type = any(kind.__name__ in TYPES for kind in type(error).__mro__)
    return has_type or any(words in str(error) for words in WORDS)
