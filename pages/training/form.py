"""Train's form: a widget for each setting of a run. The rare settings are in an expander.

The widgets hold the values, and `pages.training.controls.settings` reads them.
"""

import streamlit as st

from core.augment import recipe
from core.augment.presets import PRESETS
from core.backbone import Backbone
from core.datasets import catalogue
from core.drawing.network_drawing import ACTIVATIONS
from core.runs import bodies
from core.runs.config import MOST_LAYERS, MOST_UNITS, RunConfig
from core.runs.settings import SETTINGS
from pages.frame import current_recipe, markdown, navigation, session
from pages.frame.values import Control
from pages.photos import dataset_picker
from pages.training import controls, filling, fine_tuning, widgets
from pages.training.controls import ON_AUGMENT, OTHER_RECIPES, control

RATES = ("0.1", "0.01", "0.001", "0.0001")  # as Machine Learning Zoomcamp tries them
SIZES = (150, 224, 299)  # px
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}
RARE = ("activation", "views", "augmentation_seed", "optimizer", "batch_size", "warmup", "label_smoothing",
        "class_weights", "seed")  # fmt: skip


def show() -> None:
    """Draw the whole form."""
    proposed = controls.proposed()
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.markdown("**What to learn from**")
        _dataset()
        _augmentation(proposed)
    with middle:
        st.markdown("**The network**")
        _network(proposed)
    with right:
        st.markdown("**How to learn**")
        _learning(proposed)
    fine_tuning.show(proposed)
    _rare(proposed)


def _dataset() -> None:
    names = catalogue.names()
    st.selectbox(
        SETTINGS["dataset"].title,
        names,
        **session.DATASET.choice(names),
        format_func=dataset_picker.label,
        help=SETTINGS["dataset"].help,
    )


def _augmentation(proposed: RunConfig) -> None:
    """Let the user choose a preset, the current recipe on Augment, or a recipe from a run or link."""
    labels = {preset.key: preset.label for preset in PRESETS}
    labels[ON_AUGMENT] = "The recipe on Augment"
    labels |= {source: OTHER_RECIPES[source] for source in session.OTHER_RECIPES.get()}
    choice = control("recipe", proposed)
    if choice.get("none") not in labels:
        choice.set("none")
    st.selectbox(
        SETTINGS["recipe"].title,
        list(labels),
        **choice.choice(labels, controls.preset_of(proposed.recipe) or "none"),
        format_func=labels.__getitem__,
        help=SETTINGS["recipe"].help,
    )
    chosen = controls.chosen_recipe(proposed)
    steps = controls.recipe_of(chosen)
    explanation = next((f"{preset.explanation} " for preset in PRESETS if preset.key == chosen), "")
    st.caption(f"{explanation}{recipe.summary(steps).capitalize()}." if steps else explanation or "No transforms.")
    navigation.button(
        "augment",
        "View or change the recipe",
        ":material/transform:",
        action=_show_on_augment,
        arguments=(choice, chosen),
        help="Opens it on Augment. The form then uses what you change there.",
    )


def _show_on_augment(choice: Control[str], chosen: str) -> None:
    """Make the chosen recipe the current one on Augment. The form then follows every change there."""
    if chosen != ON_AUGMENT:
        current_recipe.put(controls.recipe_of(chosen))
        choice.set(ON_AUGMENT)


def _network(proposed: RunConfig) -> None:
    body, choices = bodies.of(proposed.backbone), bodies.keys()
    st.selectbox(
        SETTINGS["backbone"].title,
        choices,
        **control("backbone", proposed).choice(choices, proposed.backbone),
        format_func=bodies.label,
        help=SETTINGS["backbone"].help,
    )
    st.caption(markdown.plain(body.explanation))
    _image_size(proposed, body)
    _dense_layers()
    widgets.slider(SETTINGS["dropout"], control("dropout", proposed), proposed.dropout, step=0.01)


def _image_size(proposed: RunConfig, body: Backbone) -> None:
    """Let the user choose the image size; a saved model has only one."""
    setting, size = SETTINGS["image_size"], control("image_size", proposed)
    if body.is_saved_model:
        size.set(body.default_size)
        fixed = " A saved model takes photos of one size only."
        widgets.whole_number(setting, size, body.default_size, more=fixed, disabled=True)
        return
    if size.get(proposed.image_size) < body.smallest:
        size.set(body.smallest)
    with st.container(gap="xsmall"):
        least = f" {body.label} needs at least {body.smallest} px."
        widgets.whole_number(setting, size, proposed.image_size, more=least, least=body.smallest)
        widgets.usual(SIZES if body.pretrained else (body.default_size, *SIZES), size)


def _dense_layers() -> None:
    st.segmented_control(
        SETTINGS["dense_layers"].title,
        range(MOST_LAYERS + 1),
        **session.DENSE_COUNT.buttons(0),
        format_func=lambda number: str(number) if number else "none",
        required=True,
        help=SETTINGS["dense_layers"].help,
        width="stretch",
    )
    count = session.DENSE_COUNT.get(0)
    if not count:
        return
    for place, column in enumerate(st.columns(count, gap="small"), start=1):
        column.number_input(
            f"Units {place}" if count > 1 else "Units",
            1,
            MOST_UNITS,
            **session.dense_units(place).widget(controls.USUAL_UNITS),
            help="The size of the layer: the number of features it computes.",
        )


def _learning(proposed: RunConfig) -> None:
    rate = control("learning_rate", proposed)
    with st.container(gap="xsmall"):
        widgets.typed(SETTINGS["learning_rate"], rate, controls.decimal(proposed.learning_rate))
        widgets.usual(RATES, rate)
    widgets.segments(SETTINGS["schedule"], control("schedule", proposed), proposed.schedule)
    widgets.whole_number(SETTINGS["epochs"], control("epochs", proposed), proposed.epochs)
    early = SETTINGS["early_stopping"]
    st.toggle(early.label, **session.EARLY_STOPPING.widget(False), help=early.help)
    if session.EARLY_STOPPING.get(False):
        st.number_input(
            "Patience (epochs)",
            int(early.low or 1),
            int(early.high or 0),
            **session.PATIENCE.widget(controls.USUAL_PATIENCE),
            help="The run ends after this many epochs without improvement.",
        )


def _rare(proposed: RunConfig) -> None:
    """Draw the rare settings, in an expander that says how many of them were changed."""
    changed = sum(control(name, proposed).get(getattr(proposed, name)) != getattr(proposed, name) for name in RARE)
    label = f"More settings ({changed} changed)" if changed else "More settings"
    with st.expander(label, icon=":material/settings:", type="compact", key="train-more"):
        left, middle, right = st.columns(3, gap="medium")
        with left:
            _variety(proposed)
        with middle:
            _layers_and_loss(proposed)
        with right:
            _steps(proposed)
        st.button(
            "Reset to the proposed settings",
            icon=":material/restart_alt:",
            key="train-reset",
            on_click=filling.reset,
            help="Sets the whole form back to the proposed settings.",
        )


def _variety(proposed: RunConfig) -> None:
    """Draw the settings of random numbers: views and seeds."""
    augmented = bool(controls.recipe_of(controls.chosen_recipe(proposed)))
    frozen = bodies.of(proposed.backbone).pretrained
    unused = "" if augmented else " Not used without augmentation."
    scratch = "" if frozen else " A network that learns from scratch sees a new view in every epoch."
    widgets.whole_number(
        SETTINGS["views"],
        control("views", proposed),
        proposed.views,
        more=scratch or unused,
        disabled=not (augmented and frozen),
    )
    widgets.whole_number(
        SETTINGS["augmentation_seed"],
        control("augmentation_seed", proposed),
        proposed.augmentation_seed,
        more=unused,
        disabled=not augmented,
    )
    widgets.whole_number(SETTINGS["seed"], control("seed", proposed), proposed.seed)


def _layers_and_loss(proposed: RunConfig) -> None:
    """Draw the settings of the layers and the loss."""
    activation, dense = SETTINGS["activation"], session.DENSE_COUNT.get(0) > 0
    st.selectbox(
        activation.title,
        activation.choices,
        **control("activation", proposed).choice(activation.choices, proposed.activation),
        format_func=ACTIVATIONS.__getitem__,
        disabled=not dense,
        help=activation.help + ("" if dense else " Not used without a dense layer."),
    )
    smoothing = SETTINGS["label_smoothing"]
    widgets.decimal(smoothing, control("label_smoothing", proposed), proposed.label_smoothing, step=0.05)
    widgets.switch(SETTINGS["class_weights"], control("class_weights", proposed), proposed.class_weights)


def _steps(proposed: RunConfig) -> None:
    """Draw the settings of the training steps."""
    widgets.segments(SETTINGS["optimizer"], control("optimizer", proposed), proposed.optimizer, OPTIMIZERS)
    widgets.whole_number(SETTINGS["batch_size"], control("batch_size", proposed), proposed.batch_size)
    widgets.whole_number(SETTINGS["warmup"], control("warmup", proposed), proposed.warmup)
