"""docs/serving.md names settings that exist, with the defaults that they have, and leaves none out."""

import re
import tomllib

import pytest
from streamlit import config

from core.runs import cluster
from core.serving import limits
from tests.test_architecture import ROOT

TEXT = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
OWN = {
    *(setting.variable for setting in limits.SETTINGS),
    limits.FOLDERS, limits.HOSTS, limits.PASSWORD, limits.USER_HEADER, cluster.VARIABLE, "FITTING_ROOM_CACHE_GB",
}  # fmt: skip
STREAMLITS = sorted(set(re.findall(r"\b((?:server|browser|client|runner|global)\.[a-z]\w*)\b", TEXT)))


def rows(title: str) -> dict[str, list[str]]:
    """The cells of the table below a heading, by the first cell."""
    part = TEXT.partition(f"# {title}\n")[2]
    part = re.split(r"^#", part, maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in cells}


LIMITED = rows("What is limited, and how to change it")
STREAMLIT = rows("Streamlit's settings")


def test_every_setting_of_ours_is_in_the_table_and_no_other():
    assert {name.strip("`") for name in LIMITED if name.startswith("`FITTING_ROOM")} == OWN
    assert set(re.findall(r"FITTING_ROOM_[A-Z_]+", TEXT)) == OWN


@pytest.mark.parametrize("limit", limits.LIMITS, ids=lambda limit: limit.variable)
def test_the_table_has_the_default(limit: limits.Limit):
    default = LIMITED[f"`{limit.variable}`"][0]
    assert default == (f"{limit.default:g}" if limit.default < 1e9 else default)
    assert (limit.default < 1e9) == default.isdigit()


def test_the_settings_of_streamlit_exist_in_the_version_that_is_pinned():
    assert len(STREAMLITS) > 10
    known = set(config.get_config_options(force_reparse=False))
    assert [name for name in STREAMLITS if name not in known] == []


@pytest.mark.parametrize("name", [name for cell in STREAMLIT for name in re.findall(r"`(.*?)`", cell)])
def test_the_table_of_streamlit_s_settings_has_the_values_of_this_project(name: str):
    section, _, key = name.partition(".")
    ours = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    value = ours[section].get(key, config.get_config_options(force_reparse=False)[name].default_val)
    (cell,) = (cells[0] for names, cells in STREAMLIT.items() if f"`{name}`" in names)
    shown = "on" if value is True else str(value or "empty")
    assert cell.strip("`").partition(" ")[0] == shown


def test_the_proxies_pass_on_what_the_app_needs():
    nginx = TEXT.partition("### nginx")[2].partition("### Caddy")[0]
    for directive in ("Host", "Upgrade", "Connection", "X-Forwarded-User"):
        assert re.search(rf"proxy_set_header {directive} +\S+;", nginx)
    ping = int(STREAMLIT["`server.websocketPingInterval`"][0].partition(" ")[0])
    assert "proxy_read_timeout 1h" in nginx
    assert ping < 3600
    uploads = int(re.search(r"client_max_body_size (\d+)m", nginx)[1])
    assert uploads >= int(LIMITED["`--server.maxUploadSize`"][0].partition(" ")[0])
    caddy = TEXT.partition("### Caddy")[2].partition("### Accounts")[0]
    assert "header_up X-Forwarded-User" in caddy


def test_links_lead_to_files():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []
