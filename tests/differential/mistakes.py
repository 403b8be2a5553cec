# SPDX-License-Identifier: BSD-3-Clause
"""Mistakes put into a good file, one at a time."""
import copy


def maps(node, path=()):
    """Every map in the tree, with its path."""
    if isinstance(node, dict):
        yield node, path
        for key, value in node.items():
            yield from maps(value, path + (key,))
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from maps(value, path + (i,))


def filters(tree, era):
    holder = tree["static"] if era == 1 else tree
    return holder.get("filters") or []


def endpoints(tree, era):
    return tree["static"]["endpoints"] if era == 1 else tree["clusters"][0]["endpoints"]


def drop_key(tree, era, pick):
    node, path = pick.choice([(node, path) for node, path in maps(tree) if node])
    key = pick.choice(list(node))
    del node[key]
    return f"without {'.'.join(map(str, path + (key,)))}"


def unknown_key(tree, era, pick):
    node, path = pick.choice([(node, path) for node, path in maps(tree) if "metadata" not in path])
    node["unheard_of"] = pick.choice([1, "x", None, {}])
    return f"unknown key in {'.'.join(map(str, path)) or 'the file'}"


def wrong_value(tree, era, pick):
    places = [(node, key, path) for node, path in maps(tree) for key, value in node.items()
              if not isinstance(value, (dict, list)) and "metadata" not in path]
    node, key, path = pick.choice(places)
    node[key] = pick.choice([-1, 5, "5", "abc", True, None, {}, [], 1.5, 70000, 2 ** 64, "", "APPEND", "append",
                             "0", "0s", 0, "99999", "8-5", "300.1.1.1/8", "YWJj=", "(("])
    return f"{'.'.join(map(str, path + (key,)))} is {node[key]!r}"


def wrong_filter(tree, era, pick):
    chain = filters(tree, era)
    if not chain:
        return drop_key(tree, era, pick)
    one = pick.choice(chain)
    one["name"] = pick.choice([one["name"] + "x", "", "quilkin.filters.pass.v1alpha2.Pass",
                               one["name"].replace("quilkin.", ""),
                               "quilkin.extensions.filters.debug.v1alpha1.Debug",
                               "quilkin.filters.debug.v1alpha1.Debug"])
    return f"a filter's name is {one['name']!r}"


def same_endpoint(tree, era, pick):
    known = endpoints(tree, era)
    known.append(copy.deepcopy(pick.choice(known)) if known else {"address": "10.77.SLOT.101:26000"})
    return "an endpoint twice"


def wrong_tokens(tree, era, pick):
    known = endpoints(tree, era)
    tokens = pick.choice([["YWJj", "YWJj"], ["YWJ"], ["YWJj="], ["a b"], "YWJj", [1], None, [""], ["YWJj\n"], ["-_-_"],
                          [[]], {}, ["YWK="], ["YWJj", None]])
    if known:
        known[0]["metadata"] = {"quilkin.dev": pick.choice([{"tokens": tokens}, {"tokens": tokens}, tokens])}
    return f"tokens {tokens!r}"


def two_strategies(tree, era, pick):
    for one in filters(tree, era):
        config = one.get("config")
        if isinstance(config, dict) and ("prefix" in config or "suffix" in config):
            config["regex"] = {"pattern": "abc"}
            return "two strategies"
    return wrong_value(tree, era, pick)


def addresses(tree, era, pick):
    known = endpoints(tree, era)
    address = pick.choice(["10.77.SLOT.101", "10.77.SLOT.101:0", "10.77.SLOT.101:70000", "", ":26000",
                           "10.77.SLOT.101:26000 ", "10.77.SLOT.0101:26000", 5, None])
    if known:
        known[0]["address"] = address
    return f"an endpoint at {address!r}"


def no_endpoints(tree, era, pick):
    endpoints(tree, era).clear()
    return "no endpoints"


def make(tree, era, pick):
    """Puts one into the tree and says which."""
    return pick.choice([drop_key, drop_key, unknown_key, unknown_key, wrong_value, wrong_value, wrong_value,
                        wrong_filter, same_endpoint, wrong_tokens, wrong_tokens, two_strategies, addresses,
                        no_endpoints])(tree, era, pick)
