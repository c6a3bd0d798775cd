"""The receipt of a run or a saved model, in words, beside that of the preview on Augment."""

from core.augment import preview, receipt
from core.errors import SettingsError
from core.runs.config import RunConfig, config
from pages.frame import current_recipe, session

HELP = (
    "A hash of the recipe, its seed, and pixels that the engine makes of a test picture with them. Two places show the "
    "same receipt only if they change photos in the same way, to the pixel. The preview computes it here, training in "
    "its own process."
)


def of_preview() -> str:
    """The receipt of the recipe and the seed on Augment; empty if they change nothing."""
    return receipt.of(current_recipe.steps(), session.AUGMENT_SEED.get(0))


def sentence(stored: str, settings: RunConfig) -> str:
    """What the stored receipt of a run with these settings says; empty without one."""
    if not stored:
        return ""
    own = receipt.of(settings.recipe, settings.augmentation_seed)
    return receipt.compared(stored, own, of_preview(), (settings.image_size, preview.SIZE))


def of_card(stored: str, settings: dict[str, object]) -> str:
    """The same for a card, whose settings may be of another version; then only the receipt is named."""
    try:
        return sentence(stored, config(**settings)) if stored else ""
    except SettingsError:
        return f"Receipt {stored}."
