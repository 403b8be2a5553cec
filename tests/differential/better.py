# SPDX-License-Identifier: BSD-3-Clause
"""Where natterjack is meant to differ from Quilkin, each with its reason.

docs/migrating-from-quilkin.md is for users; this list is what the comparison lets through, and
nothing else. `applies` gets a Result; a difference that no entry explains is a failure.
"""
import re

import codec


def errors(result):
    """natterjack's own lines about the proxy file."""
    return re.findall(r"\.yaml:\d+:\d+: (?!note: )(.*)", result.text["natterjack"])


def refuses(result, pattern):
    """natterjack refuses for nothing but this what Quilkin takes."""
    said = errors(result)
    return result.taken == {"quilkin": True, "natterjack": False} and said != [] and \
        all(re.search(pattern, line) for line in said)


def takes(result, pattern):
    """natterjack takes what Quilkin refuses with this."""
    return result.taken == {"quilkin": False, "natterjack": True} and \
        re.search(pattern, result.text["quilkin"]) is not None


def order_of(result, first, second):
    names = [one["name"] for one in result.case.filters]
    places = [i for i, name in enumerate(names) if name.endswith(first)]
    return result.differs_in_traffic() and \
        any(name.endswith(second) for i in places for name in names[i + 1:])


def shares_token(tree):
    """Whether endpoints of different clusters have a token in common."""
    clusters = tree.get("clusters") or []
    known = [{token for one in cluster["endpoints"] for token in
              one.get("metadata", {}).get("quilkin.dev", {}).get("tokens", [])} for cluster in clusters]
    return sum(map(len, known)) > len(set().union(*known))


def same_when_unpacked(result):
    return result.case.compresses() and result.differs_in_traffic() and result.equal_when_unpacked()


def copies_from_nowhere(result):
    """Whether a reply that Quilkin unpacks is such a block: what a server got, it may send back."""
    return result.case.uses("Compress") and result.differs_in_traffic() and \
        any(codec.is_lz4_from_nowhere(payload) for *_, payload in result.heard["quilkin"].servers)


BETTER = [
    ("an unknown key is a mistake everywhere, not at the top alone",
     lambda result: refuses(result, "^unknown key")),
    ("an endpoint at port 0, to which nothing can be sent, is a mistake",
     lambda result: refuses(result, "has port 0$")),
    ("a file without endpoints is one that may get some with the next reload, and drops until then",
     lambda result: takes(result, "requires at least one `to` address")),
    ("Firewall: the single port 65535 is itself; 0.9 adds one to it and refuses what it gets",
     lambda result: takes(result, "min 65535 is greater than or equal to max 0")),
    ("a token that endpoints of two clusters have leads to all of them; 0.9 forgets the first cluster's",
     lambda result: result.case.uses("TokenRouter") and result.differs_in_traffic() and
     shares_token(result.case.tree)),
    ("an IPv4 address with a leading zero, which some read as octal, is a mistake and no host name",
     lambda result: refuses(result, r"^'address' must be .* not '[0-9.]*\.0\d+[.:]")),
    ("an address with a blank behind it is a mistake",
     lambda result: refuses(result, r"^'address' must be .* not '.* '$")),
    ("a second cluster without a locality, which makes 0.9 forget the first one, is a mistake",
     lambda result: refuses(result, "^a second cluster without a locality")),
    ("Compress: a direction that is left out is DO_NOTHING",
     lambda result: takes(result, "missing field `on_(read|write)`") and result.case.uses("Compress")),
    ("Compress: an LZ4 match before its block's begin is a failure; 0.9 takes the begin instead",
     copies_from_nowhere),
    ("a null where a name is wanted is a mistake, and not the name '~' or 'null'",
     lambda result: refuses(result, "^'[a-zA-Z]+' must be a string, not '(null|~)'$")),
    ("a file of its version alone is the second era's, which may get endpoints later",
     lambda result: takes(result, "no variant of enum Source")),
    ("LoadBalancer chooses among the endpoints that a TokenRouter left; 0.9 forgets what was left",
     lambda result: result.case.era == 2 and order_of(result, "TokenRouter", "LoadBalancer")),
    ("Compress: two encoders need not find the same shortest form of what is the same when unpacked",
     same_when_unpacked),
]


def reason(result):
    return next((text for text, applies in BETTER if applies(result)), None)
