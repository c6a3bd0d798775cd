"""Figures and names as a person says them."""


def duration(seconds: float) -> str:
    """Seconds as a person says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def percent(share: float) -> str:
    """Never quite 100 %: a model that is never wrong does not exist."""
    return "over 99%" if share > 0.995 else f"{share:.0%}"


def size(count: float) -> str:
    """Bytes as a person says them."""
    for unit, worth in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= worth:
            return f"{count / worth:.1f} {unit}" if count < 10 * worth else f"{count / worth:,.0f} {unit}"
    return f"{count:.0f} bytes" if count != 1 else "1 byte"


def count(number: int, thing: str) -> str:
    """'1 photo', '1,200 photos'."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def with_article(label: str) -> str:
    """'a dress', 'an apron'; 'shoes' and 'outwear' bear none."""
    lower = label.lower()
    if (lower.endswith("s") and not lower.endswith("ss")) or lower.endswith(("wear", "clothing")):
        return label
    return f"{'an' if lower[:1] in tuple('aeiou') and not lower.startswith('uni') else 'a'} {label}"


def certainty(probability: float, doubted: bool) -> str:
    """How sure an answer is, as it begins a sentence."""
    if doubted or probability < 0.5:
        return "Perhaps"
    return "Probably" if probability < 0.9 else "Almost certainly"
