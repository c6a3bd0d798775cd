"""Train: choose the settings, start a run, watch its curves grow."""

import streamlit as st

from core import machine
from core.augment import recipe
from core.augment.presets import PRESETS
from core.backbones import BACKBONES, Backbone
from core.datasets import catalogue
from core.errors import AppError
from core.runs import config, estimate, launch, queue, studies
from core.runs.folder import look_all
from pages import _recipes as recipes
from pages import _runs as shown
from pages import _widgets as widgets
from pages import _words as words

ONE = "one"  # a single run

widgets.header("Train", "Choose the settings, start a run or a study, and watch the loss curves grow.")


def start(chosen: str, settings: dict, grid: str) -> None:
    """Queue the run or study and see that a worker lives (a callback, so that the page below is drawn with it)."""
    try:
        base = config.config(**settings)
        queued = [queue.put(base)] if chosen == ONE else studies.put(study_of(chosen, base, grid), base)
        st.session_state["train-watched"] = queued[0]
        launch.ensure_worker()
    except AppError as error:
        st.session_state["train-error"] = str(error)


def study_of(chosen: str, base: config.RunConfig, grid: str) -> studies.Study:
    """The chosen study. Raises SettingsError for a grid or recipe that makes none."""
    if chosen == "grid":
        return studies.grid(grid)
    return studies.ablation(base) if chosen == "ablation" else studies.STUDIES[chosen]


def what_to_run(settings: dict) -> tuple[str, str]:
    """One run, or a study around it: how many runs that is and about how long they take."""
    labels = {
        ONE: "One run",
        **{key: f"Study: {one.label}" for key, one in studies.STUDIES.items()},
        "ablation": "Study: ablation of the recipe",
        "grid": "Study: a grid of settings",
    }
    chosen = st.selectbox(
        "What to run",
        list(labels),
        key="train-what",
        format_func=labels.__getitem__,
        help="A study queues several runs that differ in one thing; they share "
        "what they can, so the later ones are quick.",
    )
    grid = ""
    if chosen == "grid":
        grid = st.text_area(
            "Grid",
            key="train-grid",
            height=80,
            placeholder="dropout = 0, 0.2, 0.5\nlearning_rate = 0.01, 0.001",
            help="A line per setting, by its name in config.json; every combination is run.",
        )
    try:
        base = config.config(**settings)
        study = None if chosen == ONE else study_of(chosen, base, grid)
        runs = studies.configs(study, base) if study else [base]
        about = words.duration(estimate.seconds(runs, catalogue_entry(base.dataset)))
        if study:
            st.caption(f"{study.explanation} {len(runs)} runs: {', '.join(one.name for one in runs)}.")
        st.caption(f":material/schedule: About {about} on this machine, less where something is in the cache already.")
    except AppError as error:
        st.caption(f":material/info: {words.plain(str(error))}")
    return chosen, grid


@st.cache_data(ttl=30, max_entries=8, show_spinner=False)
def catalogue_entry(name: str) -> catalogue.Dataset:
    """The dataset, remembered for a while: listing thousands of files at every key press would be felt."""
    return widgets.load_dataset(name)


def default_backbone(dataset: str) -> str:
    """What works here without a download, the pretrained first; drawings are quickly learned from scratch."""
    ready = [one.key for one in BACKBONES.values() if one.is_ready(one.default_size)]
    return "small_cnn" if dataset == catalogue.DRAWN else ready[0]


def sized(backbone: Backbone) -> int:
    """The image size, kept for each backbone apart, since what is sensible differs."""
    key = f"train-size-{backbone.key}"
    widgets.kept(key, backbone.default_size)
    return st.number_input(
        "Image size (px)",
        backbone.smallest,
        config.LARGEST_IMAGE,
        step=1,
        key=key,
        help=f"Side of the square that photos are squashed to. {backbone.label} takes {backbone.smallest} px or more; "
        "the course used 150, then 299. Time grows with the square of it.",
    )


def form() -> dict:
    """The settings of a run."""
    left, middle, right = st.columns(3, gap="medium")
    with left:
        st.markdown("**What to learn from**")
        names = catalogue.names()
        widgets.kept("train-dataset", names[0])
        if st.session_state["train-dataset"] not in names:
            st.session_state["train-dataset"] = names[0]
        dataset = st.selectbox(
            "Dataset",
            names,
            key="train-dataset",
            format_func=widgets.dataset_label,
            help="Add your own on the Data page.",
        )
        steps, seed = augmentation(dataset)
    with middle:
        st.markdown("**The network**")
        key = f"train-backbone-{dataset == catalogue.DRAWN}"
        widgets.kept(key, default_backbone(dataset))
        chosen = st.selectbox(
            "Backbone",
            list(BACKBONES),
            key=key,
            format_func=lambda one: BACKBONES[one].label,
            help="The part that turns a photo into features. Pretrained ones are frozen: only the layers after learn.",
        )
        backbone = BACKBONES[chosen]
        st.caption(backbone.explanation)
        size = sized(backbone)
        widgets.kept("train-dense", "")
        dense = st.text_input(
            "Dense layers (units)",
            key="train-dense",
            placeholder="none, or 100, or 100, 50",
            help="Sizes of extra layers between features and answer, separated by commas; empty for none.",
        )
        widgets.kept("train-dropout", 0.2)
        dropout = st.slider(
            "Dropout rate",
            0.0,
            0.9,
            step=0.05,
            key="train-dropout",
            help="Share of activations zeroed at random at every training step, the others scaled up; off at "
            "prediction. It hides no part of the photo; the black patch does.",
        )
    with right:
        st.markdown("**How to learn**")
        rates = [0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001, 0.00001]
        key = f"train-rate-{backbone.pretrained}"
        widgets.kept(key, 0.001 if backbone.pretrained else 0.003)
        rate = st.select_slider(
            "Learning rate",
            sorted(rates),
            key=key,
            format_func=lambda value: f"{value:g}",
            help="Size of the steps. Too high and the loss leaps about or diverges; too low and it hardly moves.",
        )
        drawn = dataset == catalogue.DRAWN
        key = f"train-schedule-{backbone.pretrained}"
        widgets.kept(key, "constant" if backbone.pretrained else "cosine")
        schedule = st.segmented_control(
            "Schedule",
            ["constant", "cosine"],
            key=key,
            required=True,
            help="constant: the same step size throughout · cosine: ever smaller steps down to 0, which suits networks "
            "that learn from scratch.",
        )
        key = f"train-epochs-{drawn}"
        widgets.kept(key, 60 if drawn else 30)
        epochs = st.number_input(
            "Epochs",
            1,
            1000,
            key=key,
            help="How many times all training photos are gone through.",
        )
        widgets.kept("train-batch", 32)
        batch = st.number_input(
            "Batch size (photos)",
            1,
            1024,
            key="train-batch",
            help="Photos per step. 32 is a good start.",
        )
        widgets.kept("train-seed", 0)
        run_seed = st.number_input(
            "Seed",
            0,
            2**32 - 1,
            key="train-seed",
            help="Of the first weights and the order of photos: the same settings and seed give "
            "the same curves on the same machine.",
        )
        name = st.text_input(
            "Name (optional)",
            key="train-name",
            max_chars=80,
            placeholder="what you want to remember it by",
        )
    warn(backbone, size)
    return {
        "dataset": dataset,
        "backbone": backbone.key,
        "image_size": size,
        "dense_layers": units(dense),
        "dropout": dropout,
        "learning_rate": rate,
        "schedule": schedule,
        "batch_size": batch,
        "epochs": epochs,
        "recipe": steps,
        "augmentation_seed": seed,
        "seed": run_seed,
        "name": name.strip(),
    }


def augmentation(dataset: str) -> tuple[list, int]:
    """One of the presets, or the recipe brought along from Augment."""
    labels = {preset.key: preset.label for preset in PRESETS}
    mine = st.session_state.get("train-recipe")
    if mine:
        labels["mine"] = "From Augment"
    key = f"train-preset-{dataset == catalogue.DRAWN}"
    widgets.kept(key, "light" if dataset == catalogue.DRAWN else "none")
    if st.session_state.pop("train-recipe-is-new", False) or st.session_state[key] not in labels:
        st.session_state[key] = "mine" if mine else "none"
    chosen = st.selectbox(
        "Augmentation",
        list(labels),
        key=key,
        format_func=labels.__getitem__,
        help="Training photos only: validation and test photos are never changed.",
    )
    steps = recipe.loads(mine) if chosen == "mine" else next(p.recipe for p in PRESETS if p.key == chosen)
    st.caption(f"{recipe.described(steps).capitalize()}.")
    if st.button("See or change it", icon=":material/transform:", help="Opens it on Augment."):
        recipes.put(steps)
        st.switch_page("pages/augment.py")
    return recipe.to_json(steps), int(st.session_state.get("train-augmentation-seed", 0)) if chosen == "mine" else 0


def units(text: str) -> list:
    """'100, 50' → [100, 50]; what is no number is left for the settings' own check to name."""
    words = [word.strip() for word in text.replace(";", ",").split(",") if word.strip()]
    return [int(word) if word.isdecimal() and len(word) < 10 else word for word in words if word.lower() != "none"]


def warn(backbone: Backbone, size: int) -> None:
    """What a person should know before starting."""
    if not backbone.is_ready(size):
        st.warning(
            f"The ImageNet weights of {backbone.label} ({backbone.download_mb:.0f} MB) are not on this machine "
            "yet; the run downloads them first. The small network from scratch needs none.",
            icon=":material/download:",
        )
    if backbone.key == "xception" and not machine.gpus():
        st.warning(
            "Xception is slow without a GPU: many times the work of MobileNetV2 for each photo. The expected time "
            "stands beside the start button.",
            icon=":material/speed:",
        )


first = not look_all()
# open at first; folded away, by another key, as soon as there are curves to look at
with st.expander("Settings", expanded=first, icon=":material/tune:", key=f"train-settings-{first}"), widgets.errors():
    settings = form()
    chosen, grid = what_to_run(settings)
    if sentence := st.session_state.pop("train-error", None):
        st.error(words.plain(sentence), icon=":material/error:")
    st.button(
        "Start training", type="primary", icon=":material/play_arrow:", on_click=start, args=(chosen, settings, grid)
    )

shown.watch()
