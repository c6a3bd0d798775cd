"""What to expect of a run or study: its network, its time, and warnings."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core import words
from core.datasets.catalogue import Dataset
from core.drawing import network_drawing
from core.runs import advice, bodies, course, estimate, parameters
from core.runs.config import RunConfig
from core.runs.fine_tuning import FineTune
from core.runs.studies import Study
from pages.frame import page
from pages.training.plan import Plan


def show(plan: Plan, photos: Dataset) -> None:
    """Show the study's question and runs, the expected time, and warnings."""
    if plan.study:
        _study(plan.study, plan.runs)
    runs = f"{len(plan.runs)} runs" if plan.study else "the run"
    time = words.duration(estimate.seconds(plan.runs, photos))
    st.markdown(
        f":material/schedule: Expected time: **about {time}** for {runs}",
        help="Based on earlier runs on this machine. It takes less time if the cache already has some of the results.",
    )
    _fine_tuning(plan, photos)
    _warn(plan, photos)


def _fine_tuning(plan: Plan, photos: Dataset) -> None:
    """Say how long fine-tuning takes on this machine, or would take with its usual settings."""
    if any(run.fine_tune for run in plan.runs):
        whole, tuning = estimate.seconds(plan.runs, photos), estimate.fine_tuning_seconds(plan.runs, photos)
        share, time = words.duration(tuning), words.duration(whole)
        st.caption(
            f"Fine-tuning takes {f'about {share}' if share != time else 'nearly all'} of the {time}. "
            f"Without it, the {'runs' if plan.study else 'run'} would take about {words.duration(whole - tuning)}."
        )
    elif not plan.study and bodies.is_tunable(plan.runs[0].backbone):
        usual = FineTune()
        tuning = estimate.fine_tuning_seconds([plan.runs[0].model_copy(update={"fine_tune": usual})], photos)
        st.caption(
            f"Fine-tuning the whole backbone for {usual.epochs} epochs would take about {words.duration(tuning)} more."
        )


def _study(study: Study, runs: list[RunConfig]) -> None:
    st.caption(f"{study.explanation} {len(runs)} runs:")
    columns: dict[str, Sequence[str | float | None]] = {"Run": [run.name for run in runs]}
    column = None
    if any(variant.course_accuracy for variant in study.variants):
        columns[course.COLUMN] = [variant.course_accuracy for variant in study.variants]
        column = {course.COLUMN: st.column_config.NumberColumn(format="percent")}
    st.dataframe(
        pd.DataFrame(columns),
        hide_index=True,
        placeholder="–",
        column_config=column,
        height="content" if len(runs) <= 6 else 248,
        alt="The runs of the study",
        key="train-plan",
    )
    if column:
        st.caption(f"{course.SOURCE} Another backbone, size or number of epochs gives different figures.")


def network(plan: Plan, photos: Dataset) -> None:
    """Show the network as a picture and in numbers; for a study, the first run's network."""
    classes = len(photos.classes)
    st.image(
        network_drawing.svg(plan.runs[0], classes, page.theme()),
        alt=network_drawing.alt(plan.runs[0], classes),
        width="content",
    )
    counts = [parameters.count(run, classes) for run in plan.runs]
    st.markdown(
        f"**{_span([count.trainable for count in counts])}** trainable parameters, "
        f"**{_span([count.frozen for count in counts])}** frozen",
        help="Training changes the trainable parameters. The weights of a pretrained backbone or a saved model are "
        "frozen, and so are the means and variances of batch normalisation in every network.",
    )
    if counts := [count for run in plan.runs if (count := parameters.count_fine_tuning(run, classes))]:
        st.markdown(
            f"During fine-tuning: **{_span([count.trainable for count in counts])}** trainable, "
            f"**{_span([count.frozen for count in counts])}** frozen"
        )
    tuning = " Grey layers with a coloured frame learn during fine-tuning." if plan.runs[0].fine_tune else ""
    study = " This is the network of the study's first run." if plan.study else ""
    st.caption(f"Coloured layers learn, grey layers are frozen, outlined layers have no weights.{tuning}{study}")


def _span(counts: list[int]) -> str:
    """The smallest and the largest number, or one number if they are equal."""
    low, high = min(counts), max(counts)
    return short(low) if low == high else f"{short(low)} – {short(high)}"


def short(count: int) -> str:
    """A number as text: 12,810, but 2.26 million for 2,257,984."""
    return f"{count:,}" if count < 1_000_000 else f"{count / 1e6:.3g} million"


def _warn(plan: Plan, photos: Dataset) -> None:
    """Warn of what to know before starting: downloads, slow settings, a warm-up that never ends."""
    for key in dict.fromkeys(run.backbone for run in plan.runs):
        body = bodies.of(key)
        if not all(body.is_ready(run.image_size) for run in plan.runs if run.backbone == key):
            st.warning(
                f"The ImageNet weights of {body.label} ({words.size(body.download_bytes)}) are not on this machine "
                "yet, so the run downloads them first. The small network from scratch needs no download.",
                icon=":material/download:",
            )
    if faster := advice.faster_alternatives(plan.runs, photos):
        changes = "; ".join(f"{choice.change} ({words.duration(choice.seconds)})" for choice in faster)
        st.warning(f"This is slow on this machine. Faster: {changes}.", icon=":material/speed:")
    count = len(photos.splits["train"])
    _warn_of_warmup("", "the whole training", [(run, run.epochs, run.warmup) for run in plan.runs], count)
    tuning = [(run, run.fine_tune.epochs, run.fine_tune.warmup) for run in plan.runs if run.fine_tune]
    _warn_of_warmup(" of fine-tuning", "that stage", tuning, count)


def _warn_of_warmup(of: str, stage: str, runs: list[tuple[RunConfig, int, int]], count: int) -> None:
    """Warn if a warm-up is as long as its stage. `runs` are runs with the epochs and warm-up batches of that stage."""
    endless = [batches for run, epochs, warmup in runs if warmup >= (batches := -(-count // run.batch_size) * epochs)]
    if endless:
        st.warning(
            f"The warm-up{of} lasts as long as {stage} ({min(endless)} batches), so the learning rate never reaches "
            "its full value.",
            icon=":material/trending_up:",
        )
