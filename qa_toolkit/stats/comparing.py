"""Differences between two groups, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from qa_toolkit.stats.frames import require


def difference(rates: pd.DataFrame, by: str, first: str, second: str) -> pd.DataFrame:
    """Compare two groups of `pass_rates`: first minus second, with Newcombe's interval from their weighted limits.

    Parameters
    ----------
    rates : pandas.DataFrame
        From `pass_rates` with ``finite=False``; its groups must not share conversations.
    by : str
        The column that holds `first` and `second`; other columns, such as ``commandment``, give a row each.

    Returns
    -------
    pandas.DataFrame
        The other columns, ``difference``, ``low``, ``high`` in [-1, 1], ``n_first``, ``n_second``, ``verdict``.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    require("rates", rates, [by, "n", "rate", "low", "high"])
    keys = [c for c in rates.columns[: list(rates.columns).index("n")] if c != by]
    sides = [rates[rates[by] == name].set_index(keys) if keys else rates[rates[by] == name] for name in (first, second)]
    a, b = sides if keys else [side.reset_index(drop=True) for side in sides]
    common = a.index.intersection(b.index)
    a, b = a.loc[common], b.loc[common]
    gap = a["rate"] - b["rate"]
    out = pd.DataFrame({"difference": gap})
    out["low"] = gap - np.sqrt((a["rate"] - a["low"]) ** 2 + (b["high"] - b["rate"]) ** 2)
    out["high"] = gap + np.sqrt((a["high"] - a["rate"]) ** 2 + (b["rate"] - b["low"]) ** 2)
    out["n_first"], out["n_second"] = a["n"], b["n"]
    out["verdict"] = [
        _compared(low, high, few, first, second)
        for low, high, few in zip(out["low"], out["high"], a["too_few"] | b["too_few"], strict=True)
    ]
    return out.reset_index(drop=not keys)


def _compared(low: float, high: float, few: bool, first: str, second: str) -> str:
    if few:
        return "too few to compare"
    if low > 0 or high < 0:
        return f"{first if low > 0 else second} higher"
    return "no difference shown"
