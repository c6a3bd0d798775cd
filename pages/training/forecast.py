"""What is to be expected of a run or study: its network, its time, and what to know before starting it."""

import pandas as pd
import streamlit as st

from core import words
from core.backbones import BACKBONES
from core.datasets.catalogue import Dataset
from core.drawing import network_drawing
from core.runs import advice, course, estimate, parameters
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from core.runs.studies import Study
from pages.frame import page
from pages.training.plan import Plan


def show(now: Plan, photos: Dataset) -> None:
    """The study's question and runs, how long they take, and what to know before."""
    if now.study:
        _study(now.study, now.runs)
    every = f"{len(now.runs)} runs" if now.study else "the run"
    time = words.duration(estimate.seconds(now.runs, photos))
    st.markdown(
        f":material/schedule: Expected time: **about {time}** for {every}",
        help="By what this machine took before; less where something is in the cache already.",
    )
    _fine_tuning(now, photos)
    _warn(now, photos)


def _fine_tuning(now: Plan, photos: Dataset) -> None:
    """What the second stage costs on this machine, or would cost one run with its usual settings."""
    if any(run.fine_tune for run in now.runs):
        whole, tuned = estimate.seconds(now.runs, photos), estimate.fine_tuning_seconds(now.runs, photos)
        share, time = words.duration(tuned), words.duration(whole)
        st.caption(
            f"Fine-tuning takes {f'about {share}' if share != time else 'nearly all'} of the {time} expected here; "
            f"without it {'they' if now.study else 'the run'} would take about {words.duration(whole - tuned)}."
        )
    elif not now.study and BACKBONES[now.runs[0].backbone].pretrained:
        usual = FineTune()
        tuned = estimate.fine_tuning_seconds([now.runs[0].model_copy(update={"fine_tune": usual})], photos)
        st.caption(
            f"Fine-tuning the whole backbone afterwards for {usual.epochs} epochs would take about "
            f"{words.duration(tuned)} more here."
        )


def _study(study: Study, runs: list[RunConfig]) -> None:
    st.caption(f"{study.explanation} {len(runs)} runs:")
    lines = {"Run": [one.name for one in runs]}
    column = None
    if any(variant.course_accuracy for variant in study.variants):
        lines[course.COLUMN] = [variant.course_accuracy for variant in study.variants]
        column = {course.COLUMN: st.column_config.NumberColumn(format="percent")}
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        column_config=column,
        height="content" if len(runs) <= 6 else 248,
        alt="The runs of the study",
        key="train-plan",
    )
    if column:
        st.caption(f"{course.SOURCE} Another backbone, size or number of epochs gives other figures.")


def network(now: Plan, photos: Dataset) -> None:
    """The network that is trained, as a picture and in numbers; of a study the first one."""
    classes = len(photos.classes)
    st.image(
        network_drawing.svg(now.runs[0], classes, page.theme()),
        alt=network_drawing.alt(now.runs[0], classes),
        width="content",
    )
    counted = [parameters.count(one, classes) for one in now.runs]
    st.markdown(
        f"**{_span([one.trainable for one in counted])}** trainable parameters, "
        f"**{_span([one.frozen for one in counted])}** frozen",
        help="Training changes the trainable ones. Frozen are the weights of a pretrained backbone, and always the "
        "means and variances that batch normalisation keeps.",
    )
    if tuned := [both for one in now.runs if (both := parameters.count_fine_tuning(one, classes))]:
        st.markdown(
            f"In the fine-tuning **{_span([one.trainable for one in tuned])}** trainable, "
            f"**{_span([one.frozen for one in tuned])}** frozen"
        )
    first = " Drawn is the network of the study's first run." if now.study else ""
    framed = " Grey ones with a coloured frame learn in the fine-tuning." if now.runs[0].fine_tune else ""
    st.caption(f"Coloured layers learn, grey ones are frozen, outlined ones have no weights.{framed}{first}")


def _span(counts: list[int]) -> str:
    """One number for all runs, or the least and the largest."""
    low, high = min(counts), max(counts)
    return short(low) if low == high else f"{short(low)} – {short(high)}"


def short(count: int) -> str:
    """12,810 stays; 2,257,984 becomes 2.26 million."""
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:.3g} million"


def _warn(now: Plan, photos: Dataset) -> None:
    """What a person should know before starting: downloads, slow choices, a warm-up that never ends."""
    for key in dict.fromkeys(run.backbone for run in now.runs):
        body = BACKBONES[key]
        if not all(body.is_ready(run.image_size) for run in now.runs if run.backbone == key):
            st.warning(
                f"The ImageNet weights of {body.label} ({words.size(body.download_bytes)}) are not on this machine "
                "yet; the run downloads them first. The small network from scratch needs none.",
                icon=":material/download:",
            )
    if quicker := advice.faster_alternatives(now.runs, photos):
        better = "; ".join(f"{one.change}: {words.duration(one.seconds)}" for one in quicker)
        st.warning(f"This is slow here. Quicker would be {better}.", icon=":material/speed:")
    train = len(photos.splits["train"])
    _warn_of_warmup("", "the whole training", [(run, run.epochs, run.warmup) for run in now.runs], train)
    tuned = [(run, run.fine_tune.epochs, run.fine_tune.warmup) for run in now.runs if run.fine_tune]
    _warn_of_warmup(" of fine-tuning", "that stage", tuned, train)


def _warn_of_warmup(of: str, stage: str, runs: list[tuple[RunConfig, int, int]], train: int) -> None:
    """Where one lasts as long as its stage: `runs` with that one's epochs and batches of warm-up."""
    endless = [batches for run, epochs, warmup in runs if warmup >= (batches := -(-train // run.batch_size) * epochs)]
    if endless:
        st.warning(
            f"The warm-up{of} lasts as long as {stage} ({min(endless)} batches), so the learning rate never gets to "
            "its full size.",
            icon=":material/trending_up:",
        )
