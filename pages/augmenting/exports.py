"""The export of the recipe: as code, JSON, a link and a picture."""

from urllib.parse import quote

import streamlit as st

from core.augment import export, preview
from core.augment.recipe import Recipe
from core.photos.photo import Photo
from pages.augmenting.pictures import DRAWS, SIZE
from pages.photos import pictures


def show(photo: Photo, steps: Recipe, seed: int) -> None:
    """Draw the recipe as code, JSON, link and picture."""
    box = st.expander(
        "Export: code, link, picture", icon=":material/ios_share:", on_change="rerun", key="augment-export"
    )
    if not box.open:
        return
    with box:
        generator, layers, text, link = st.tabs(["ImageDataGenerator", "Keras layers", "JSON", "Link and picture"])
        generator.code(export.image_data_generator(steps), language="python")
        layers.code(export.keras_layers(steps), language="python")
        text.code(export.as_json(steps), language="json")
        with link:
            address = (st.context.url or "").split("?")[0]
            query = "&".join(f"{name}={quote(value)}" for name, value in st.query_params.to_dict().items())
            st.code(f"{address}?{query}", language=None, wrap_lines=True)
            draws = preview.draws(pictures.square(photo.data, SIZE), photo.number, steps, seed, DRAWS)
            st.download_button(
                "Download the draws as PNG",
                preview.sheet(draws),
                "augmented.png",
                "image/png",
                icon=":material/download:",
            )
