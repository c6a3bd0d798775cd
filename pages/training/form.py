"""Train's form: a control for each setting of a run, the common ones in sight, the rarer ones in a fold."""

from typing import Any

import streamlit as st

from core.augment import recipe
from core.augment.presets import PRESETS
from core.augment.recipe import Recipe
from core.backbones import BACKBONES, Backbone
from core.datasets import catalogue
from core.drawing.network_drawing import ACTIVATIONS
from core.runs import config as limits
from core.runs import defaults
from core.runs.config import RunConfig
from core.runs.settings import SETTINGS
from pages.augmenting import recipes
from pages.frame import navigation, session
from pages.photos import dataset_picker
from pages.training import fine_tuning as tuning
from pages.training import form_state as state
from pages.training import form_values as values

RATES = ("0.1", "0.01", "0.001", "0.0001")  # as the course tries them
SIZES = (150, 224, 299)  # px
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}
LARGEST_SEED = 2**32 - 1
LONGEST_WARMUP = 1_000_000  # batches


def form() -> dict[str, Any]:
    """The settings of a run, as the form has them; nothing is checked yet."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.markdown("**What to learn from**")
        dataset = _dataset()
        backbone_key = state.key_of("backbone", dataset, "small_cnn")
        chosen = st.session_state.setdefault(backbone_key, state.proposed_backbone(dataset))
        proposed = defaults.proposed(dataset, chosen, state.has_gpu())
        steps = _augmentation(proposed)
    with middle:
        st.markdown("**The network**")
        settings = _network(proposed, backbone_key)
    with right:
        st.markdown("**How to learn**")
        settings |= _learning(proposed)
    settings |= {"dataset": dataset, "recipe": recipe.to_json(steps), "fine_tune": tuning.tuning(proposed)}
    return settings | _more(proposed, bool(settings["dense_layers"]), bool(steps))


def kept(name: str, proposed: RunConfig, value: Any = None) -> dict[str, Any]:
    """`session.kept` for a setting's widget, which starts with `value` or what is proposed."""
    key = state.key_of(name, proposed.dataset, proposed.backbone)
    return session.kept(key, getattr(proposed, name) if value is None else value)


def _dataset() -> str:
    names = catalogue.names()
    return st.selectbox(
        SETTINGS["dataset"].title,
        names,
        **session.kept_choice("train-dataset", names),
        format_func=dataset_picker.label,
        help=SETTINGS["dataset"].help,
    )


def _augmentation(proposed: RunConfig) -> Recipe:
    """One of the presets, or a recipe brought along from Augment, a run or a link."""
    brought = {key: st.session_state.get(place) for key, (_, place) in state.BROUGHT.items()}
    labels = {preset.key: preset.label for preset in PRESETS}
    labels |= {key: state.BROUGHT[key][0] for key, text in brought.items() if text}
    remembered = kept("recipe", proposed, state.preset_of(proposed.recipe))
    key = remembered["key"]
    if st.session_state.pop("train-recipe-is-new", False) and brought["mine"]:
        st.session_state[key] = "mine"
    if st.session_state[key] not in labels:
        st.session_state[key] = "none"
    chosen = st.selectbox(
        SETTINGS["recipe"].title,
        list(labels),
        **remembered,
        format_func=labels.__getitem__,
        help=SETTINGS["recipe"].help,
    )
    if chosen in brought:
        steps, explanation = recipe.loads(brought[chosen]), ""
    else:
        preset = next(one for one in PRESETS if one.key == chosen)
        steps, explanation = preset.recipe, f"{preset.explanation} "
    st.caption(f"{explanation}{recipe.described(steps).capitalize()}." if steps else explanation)
    if st.button("See or change it", icon=":material/transform:", help="Opens it on Augment."):
        recipes.put(steps)
        navigation.switch("augment")
    return steps


def _network(proposed: RunConfig, backbone_key: str) -> dict[str, Any]:
    chosen = st.selectbox(
        SETTINGS["backbone"].title,
        list(BACKBONES),
        **session.kept(backbone_key, proposed.backbone),
        format_func=lambda one: BACKBONES[one].label,
        help=SETTINGS["backbone"].help,
    )
    body = BACKBONES[chosen]
    st.caption(body.explanation)
    size = _image_size(proposed, body)
    layers = _dense_layers()
    dropout = st.slider(
        SETTINGS["dropout"].title,
        0.0,
        0.99,
        step=0.01,
        **kept("dropout", proposed),
        help=SETTINGS["dropout"].help,
    )
    return {"backbone": chosen, "image_size": size, "dense_layers": layers, "dropout": dropout}


def _image_size(proposed: RunConfig, body: Backbone) -> int:
    """The usual sizes at a click, any other typed. Kept for each backbone apart, since what is sensible differs."""
    remembered = kept("image_size", proposed)
    key = remembered["key"]
    fits = max(body.smallest, min(limits.LARGEST_IMAGE, st.session_state[key]))
    if st.session_state[key] != fits:  # a value that is set in each run overwrites what is typed meanwhile
        st.session_state[key] = fits
    size = st.number_input(
        SETTINGS["image_size"].title,
        body.smallest,
        limits.LARGEST_IMAGE,
        step=1,
        **remembered,
        help=f"{SETTINGS['image_size'].help} {body.label} takes {body.smallest} px or more.",
    )
    values.usual("Usual sizes (px)", SIZES if body.pretrained else (body.default_size, *SIZES), key)
    return size


def _dense_layers() -> list[int]:
    count = st.segmented_control(
        SETTINGS["dense_layers"].title,
        range(len(state.DENSE) + 1),
        **session.kept(state.COUNT, 0),
        format_func=lambda number: str(number) if number else "none",
        required=True,
        help=SETTINGS["dense_layers"].help,
        width="stretch",
    )
    if not count:
        return []
    return [
        column.number_input(
            f"Units {place}" if count > 1 else "Units",
            1,
            8192,
            **session.kept(key, state.USUAL_UNITS),
            help="The size of the layer: how many features it makes of those before it.",
        )
        for place, (key, column) in enumerate(zip(state.DENSE, st.columns(count, gap="small"), strict=False), start=1)
    ]


def _learning(proposed: RunConfig) -> dict[str, Any]:
    remembered = kept("learning_rate", proposed, state.rate_text(proposed.learning_rate))
    rate = values.typed(SETTINGS["learning_rate"].title, remembered, SETTINGS["learning_rate"].help)
    values.usual("Usual learning rates", RATES, remembered["key"])
    schedule = st.segmented_control(
        SETTINGS["schedule"].title,
        ["constant", "cosine"],
        **kept("schedule", proposed),
        required=True,
        help=SETTINGS["schedule"].help,
        width="stretch",
    )
    epochs = st.number_input(
        SETTINGS["epochs"].title, 1, 10_000, **kept("epochs", proposed), help=SETTINGS["epochs"].help
    )
    early = st.toggle(
        SETTINGS["early_stopping"].label, **session.kept(state.EARLY, False), help=SETTINGS["early_stopping"].help
    )
    patience = None
    if early:
        patience = st.number_input(
            "Patience (epochs)",
            1,
            10_000,
            **session.kept(state.PATIENCE, state.USUAL_PATIENCE),
            help="So many epochs without a better one end the run.",
        )
    return {"learning_rate": rate, "schedule": schedule, "epochs": epochs, "early_stopping": patience}


def _more(proposed: RunConfig, dense: bool, augmented: bool) -> dict[str, Any]:
    """The rarer settings."""
    names = ("activation", "views", "augmentation_seed", "optimizer", "batch_size", "warmup", "label_smoothing",
             "class_weights", "seed")  # fmt: skip
    changed = sum(st.session_state[kept(name, proposed)["key"]] != getattr(proposed, name) for name in names)
    label = f"More settings ({changed} changed)" if changed else "More settings"
    with st.expander(label, icon=":material/settings:", type="compact", key="train-more"):
        left, middle, right = st.columns(3, gap="medium")
        with left:
            settings = _variety(proposed, augmented)
        with middle:
            settings |= _inside(proposed, dense)
        with right:
            settings |= _steps(proposed)
        st.button(
            "Back to what is proposed",
            icon=":material/restart_alt:",
            on_click=state.reset,
            help="All settings of the form as they were at first.",
        )
    return settings


def _variety(proposed: RunConfig, augmented: bool) -> dict[str, Any]:
    """How augmented photos and first weights are drawn."""
    frozen = BACKBONES[proposed.backbone].pretrained
    without = "" if augmented else " Nothing to set without augmentation."
    return {
        "views": _whole(
            "views",
            proposed,
            1,
            1000,
            disabled=not (augmented and frozen),
            more=without if frozen else " A network that learns from scratch sees another view in every epoch.",
        ),
        "augmentation_seed": _whole("augmentation_seed", proposed, 0, LARGEST_SEED, not augmented, without),
        "seed": _whole("seed", proposed, 0, LARGEST_SEED),
    }


def _inside(proposed: RunConfig, dense: bool) -> dict[str, Any]:
    """What the layers and the loss do."""
    activation = st.selectbox(
        SETTINGS["activation"].title,
        list(ACTIVATIONS),
        **kept("activation", proposed),
        format_func=ACTIVATIONS.__getitem__,
        disabled=not dense,
        help=SETTINGS["activation"].help + ("" if dense else " Nothing to set without a dense layer."),
    )
    smoothing = st.number_input(
        SETTINGS["label_smoothing"].title,
        0.0,
        0.99,
        step=0.05,
        **kept("label_smoothing", proposed),
        help=SETTINGS["label_smoothing"].help,
    )
    weights = st.toggle(
        SETTINGS["class_weights"].title, **kept("class_weights", proposed), help=SETTINGS["class_weights"].help
    )
    return {"activation": activation, "label_smoothing": smoothing, "class_weights": weights}


def _steps(proposed: RunConfig) -> dict[str, Any]:
    """How the steps of training are made."""
    optimizer = st.segmented_control(
        SETTINGS["optimizer"].title,
        list(OPTIMIZERS),
        **kept("optimizer", proposed),
        format_func=OPTIMIZERS.__getitem__,
        required=True,
        help=SETTINGS["optimizer"].help,
        width="stretch",
    )
    return {
        "optimizer": optimizer,
        "batch_size": _whole("batch_size", proposed, 1, 4096),
        "warmup": _whole("warmup", proposed, 0, LONGEST_WARMUP),
    }


def _whole(name: str, proposed: RunConfig, low: int, high: int, disabled: bool = False, more: str = "") -> int:
    """A control for a whole number."""
    one = SETTINGS[name]
    return st.number_input(
        one.title, low, high, step=1, **kept(name, proposed), disabled=disabled, help=one.help + more
    )
