"""Dated prices of first parties, from the data file of genai-prices, as JSON in LiteLLM's field names (US dollars per token).

    history.py data.py > history.json
"""
import datetime
import json
import sys
from decimal import Decimal

# Vendors whose models go by their bare names; those of resellers would shadow them.
FIRST_PARTIES = {"anthropic", "openai", "google", "deepseek", "moonshotai", "x-ai", "mistral", "zai", "minimax", "meta", "cohere", "perplexity"}
FIELDS = {
    "input_mtok": "input_cost_per_token",
    "output_mtok": "output_cost_per_token",
    "cache_read_mtok": "cache_read_input_token_cost",
    "cache_write_mtok": "cache_creation_input_token_cost",
    "cache_write_1h_mtok": "cache_creation_input_token_cost_above_1hr",
}


class Stubs(dict):
    """The data is calls of constructors: each becomes a plain dictionary."""

    def __missing__(self, name):
        if name in ("list", "dict", "str"):
            return {"list": list, "dict": dict, "str": str}[name]
        return lambda *given, **fields: dict(fields, kind=name)


def providers(path):
    text = open(path, encoding="utf-8").read().replace("from .types import *", "")
    text = text.replace("import datetime\n", "").replace("from decimal import Decimal\n", "")
    stubs = Stubs(datetime=datetime, Decimal=str, __builtins__=__builtins__)
    exec(compile(text.replace("providers: list[Provider] =", "providers ="), path, "exec"), stubs)
    return stubs["providers"]


def per_token(per_million):
    return format((Decimal(per_million) / 1_000_000).normalize(), "f")


def fields(prices):
    found = {}
    for name, field in FIELDS.items():
        value = prices.get(name)
        if isinstance(value, dict):
            found[field] = per_token(value["base"])
            for tier in value["tiers"]:
                if tier["start"] % 1000 == 0:
                    found[f"{field}_above_{tier['start'] // 1000}k_tokens"] = per_token(tier["price"])
        elif value is not None:
            found[field] = per_token(value)
    return found


def clock(time):
    offset = time.utcoffset() or datetime.timedelta()
    whole = (datetime.datetime.combine(datetime.date(2000, 1, 2), time.replace(tzinfo=None)) - offset).time()
    return whole.strftime("%H:%M")


def dated(prices):
    listed = prices if isinstance(prices, list) else [{"prices": prices}]
    since, all_dated = None, []
    for one in listed:
        rule = one.get("constraint") or {}
        hours = None
        if rule.get("kind") == "StartDateConstraint":
            since = str(rule["start_date"])
        elif rule.get("kind") == "TimeOfDateConstraint":
            hours = [clock(rule["start_time"]), clock(rule["end_time"])]
        found = fields(one["prices"])
        if found:
            all_dated.append({"from": since, "hours": hours, "fields": found})
    return all_dated


def names(model):
    """Its id, and names that mean exactly it."""
    clauses = [model["match"], *model["match"].get("or_", [])]
    found = {model["id"], model["id"].removesuffix("-latest")}
    return found | {clause["equals"] for clause in clauses if "equals" in clause}


def main():
    out = {}
    for provider in providers(sys.argv[1]):
        if provider["id"] in FIRST_PARTIES:
            for model in provider["models"]:
                for name in names(model):
                    out.setdefault(name, dated(model["prices"]))
    json.dump({name: prices for name, prices in sorted(out.items()) if prices}, sys.stdout)


main()
