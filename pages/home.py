"""Home: three doors, each with a live picture, and one line on what is here already."""

import numpy as np
import streamlit as st

from core.answering import classifier, shelf
from core.augment import engine, recipe
from core.datasets import catalogue, drawn
from core.drawing import figures
from core.runs.folder import look_all, read_curves
from pages.frame import better, markdown, navigation, page
from pages.photos import dataset_picker, pictures

SHOWN = recipe.from_json(
    [
        {"transform": "rotation", "rotation_range": 25},
        {"transform": "zoom", "zoom_range": 0.2},
        {"transform": "horizontal_flip"},
        {"transform": "brightness", "brightness_range": [0.6, 1.3]},
        {"transform": "black_patch", "probability": 0.5},
    ]
)

page.header(
    "Fitting Room",
    "See what augmentation does to a photo, fit a classifier for clothes, and ask it what you are wearing.",
)

see, fit, ask = (column.container(border=True, height="stretch") for column in st.columns(3))

with see:
    st.subheader("See what augmentation does", anchor=False)
    shirt = pictures.example("shirt", 4)
    views = engine.augment(
        np.repeat(pictures.square(shirt.data, 224)[None], 6, axis=0), shirt.number, np.arange(6), SHOWN, seed=0
    )
    grid = np.concatenate([np.concatenate(views[row : row + 3], axis=1) for row in (0, 3)])
    pictures.picture(grid, "One drawn shirt, six times, each time changed at random")
    st.markdown("One photo becomes many. Move a slider, and the picture follows at once.")
    st.space("stretch")
    navigation.link("augment", "Open Augment", ":material/transform:")

with fit:
    st.subheader("Fit a model", anchor=False)
    curves = next(((run.name, read) for run in look_all() if len(read := read_curves(run.folder)) > 1), None)
    if curves:
        figure = figures.curves([curves], "accuracy", theme=page.theme())
        figure.update_layout(height=240, title=None, margin_t=8, showlegend=False)
        st.plotly_chart(figure, key="home-curves", config={"displayModeBar": False}, alt="Accuracy of the latest run")
        st.markdown(f"The latest run, solid on validation photos: {markdown.plain(curves[0])}.")
    else:
        rack = [np.asarray(pictures.square(pictures.example(label, 8).data, 112)) for label in drawn.CLASSES[:9]]
        tiles = np.concatenate([np.concatenate(rack[row : row + 3], axis=1) for row in (0, 3, 6)])
        pictures.picture(tiles, "Nine drawn garments of different classes")
        yours = [name for name in catalogue.names() if name != catalogue.DRAWN]
        st.markdown(
            f"Ready to train on: {markdown.plain(', '.join(yours))}, and ten kinds of drawn garments."
            if yours
            else "Ten kinds of drawn garments are ready to train on; no download, a minute or two."
        )
    st.space("stretch")
    navigation.link("train", "Open Train", ":material/show_chart:")

with ask:
    st.subheader("Ask about a photo", anchor=False)
    garment = pictures.example("skirt", 5)
    st.image(garment.data, width="stretch" if shelf.active() is None else 160, alt="A drawn skirt")
    with page.errors():
        model = shelf.active()
        if model is None:
            st.markdown("No model has been saved yet: fit one first, then it answers here.")
        else:
            answer = classifier.load(model).answer(garment.data)
            st.plotly_chart(
                figures.probabilities(answer.probabilities[:3], page.theme()),
                key="home-answer",
                config={"displayModeBar": False},
                alt="The three most probable answers",
            )
            who = "the model that comes with the project" if model.name == shelf.STARTER else markdown.plain(model.name)
            st.markdown(f"What **{who}** says of this drawing. Ask it about your photos: no training needed.")
    st.space("stretch")
    navigation.link("predict", "Open Predict", ":material/photo_camera:")

with page.errors():
    if model := shelf.active():
        better.offer(model)

runs, models = look_all(), shelf.models()
names = catalogue.names()
st.caption(
    f"Here already: {len(names)} dataset{'s' if len(names) != 1 else ''} "
    f"({', '.join(map(dataset_picker.label, names))}), "
    f"{len(runs)} run{'s' if len(runs) != 1 else ''}, {len(models)} saved model{'s' if len(models) != 1 else ''}. "
    "Your own photos go in on the Data page."
)
