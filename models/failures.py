"""A sentence for what nobody foresaw, and the cause where the page knows a remedy."""

from core.files import cache
from core.runs.records import GPU_MEMORY, MEMORY

# what TensorFlow, JAX and PyTorch raise or say when there is no more memory to be had
TYPES = ("ResourceExhaustedError", "OutOfMemoryError", "MemoryError")
WORDS = ("RESOURCE_EXHAUSTED", "CUDA_ERROR_OUT_OF_MEMORY", "CUDNN_STATUS_ALLOC_FAILED", "CUDA out of memory")
FULL = "The disk is full. Make room, or delete models and runs that are no longer needed, and try again."


def explained(error: Exception, on_gpu: bool) -> tuple[str, str]:
    """One sentence on the error, and its cause: GPU_MEMORY, MEMORY or ""."""
    if is_full(error):
        return FULL, ""
    if _wants_memory(error):
        if on_gpu and not isinstance(error, MemoryError):
            return "The GPU's memory ran out. Try a smaller batch size or image size, or train on the CPU.", GPU_MEMORY
        return "The machine's memory ran out. Try a smaller image size or batch size.", MEMORY
    line = (str(error) or type(error).__name__).splitlines()[0][:200]
    return f"The training ended on an unexpected error ({type(error).__name__}: {line}). The log tells more.", ""


def is_full(error: Exception) -> bool:
    """Whether it says that the disk takes no more; libraries in C say it in words alone."""
    return (isinstance(error, OSError) and error.errno in cache.FULL) or "No space left on device" in str(error)


def _wants_memory(error: Exception) -> bool:
    named = any(kind.__name__ in TYPES for kind in type(error).__mro__)
    return named or any(words in str(error) for words in WORDS)
