# SPDX-License-Identifier: BSD-3-Clause
"""Random chains: a proxy file, datagrams, and replies; the same for the same seed, era and number."""
import base64
import copy
import json
import random
import re

import codec
import mistakes

ADDRESSES = ["101:26000", "101:26001", "102:26000", "103:65534"]
TOKENS = [b"abc", b"xyz", b"a", b"", b"\x00\xff\x10", b"token-16-bytes!!", b"nkuy70x"]
KEYS = ["key", "quilkin.dev/captured_bytes", "quilkin.dev/capture", "a/b"]
WORDS = [b"", b"a", b"hello", b"helloabc", b"abchello", b"\x00", b"\xff\xfe", "grün".encode(), b"x" * 60,
         b"ab" * 300, b"quilkin and toad", b"0123456789", b"abcabcabc", b"line\nline\n", b"abc", b"ABC"]
PATTERNS = ["abc", "a.c", "^a", "[a-z]{3}$", ".", "(?-u:.)$", r"\d+", "(?i)ABC", "ü", "x*", r"\w+", "a|b",
            r"^\s*$", "(?s-u)^.{2}", "(", "[^a-z]", r"\bhello\b", "l{2}", "(?P<n>h)ello"]


def b64(data):
    return base64.b64encode(data).decode()


class Case:
    """One chain. `tree` is the file; datagrams are (client, payload)."""

    def __init__(self, seed, era, number):
        self.era, self.number = era, number
        self.name = f"era {era}, seed {seed}, chain {number}"
        self.random = random.Random(f"{seed}:{era}:{number}")
        self.mistake = None
        make = (FirstEra if era == 1 else SecondEra)(self)
        self.endpoints = make.endpoints()
        self.filters = make.chain()
        self.tree = copy.deepcopy(make.file())  # without what a mistake does to it
        if self.random.random() < 0.15:
            self.mistake = mistakes.make(self.tree, era, self.random)
        self.datagrams, self.replies = self.traffic()

    def text(self, slot):
        return emit(self.tree, self.random_style()).replace("10.77.SLOT.", f"10.77.{slot}.")

    def random_style(self):
        return random.Random(self.name)

    # What is random, or has more than one right answer.

    def uses(self, short):
        return any(f'.{short}"' in json.dumps(one) for one in self.filters)

    def any_server(self):
        return self.uses("LoadBalancer")

    def without_traffic(self):
        """A mistaken period may be one that ends while we look."""
        return self.mistake is not None and "period" in self.mistake

    def compresses(self):
        return '"COMPRESS"' in json.dumps(self.filters)

    # Traffic.

    def traffic(self):
        if self.uses("LocalRateLimit"):
            # Which of several passes is not to matter.
            payload = self.payload()
            datagrams = [(client, payload) for client in (0, 1, 2) for _ in range(6)]
        else:
            datagrams = [(self.random.randrange(3), self.payload())
                         for _ in range(self.random.randint(6, 14))]
        return datagrams, [self.payload() for _ in range(4)]

    def payload(self):
        """Such as the chain's filters may take, and others."""
        pick = self.random
        data = pick.choice(WORDS) if pick.random() < 0.8 else pick.randbytes(pick.randint(0, 90))
        for one in reversed(self.filters):
            if pick.random() < 0.85:
                data = self.suited(one, data)
        return data[:1200]

    def suited(self, one, data):
        """What a filter makes something of."""
        pick, config = self.random, one.get("config") or {}
        if one["name"].endswith("CaptureBytes"):
            token = self.token(config["size"])
            return token + data if config.get("strategy") == "PREFIX" else data + token
        if one["name"].endswith(".Capture"):
            if "prefix" in config:
                return self.token(config["prefix"]["size"]) + data
            if "suffix" in config:
                return data + self.token(config["suffix"]["size"])
            return data + pick.choice([b"abc", b"xyz", b"a1", b"\xff", "ü".encode()])
        if "DECOMPRESS" in config.values():
            return self.packed(config.get("mode", "SNAPPY"), data)
        return data

    def token(self, size):
        known = [token for token in self.tokens() if len(token) == size]
        others = [token for token in TOKENS if len(token) == size] or [self.random.randbytes(size)]
        return self.random.choice(known if known and self.random.random() < 0.8 else others)

    def tokens(self):
        return [base64.b64decode(token) for one in self.endpoints if "metadata" in one
                for token in one["metadata"]["quilkin.dev"]["tokens"]]

    def packed(self, mode, data):
        pick = self.random
        if mode == "LZ4":
            good = codec.lz4(data)
        elif self.era == 1:
            good = pick.choice([codec.snappy_frame(data), codec.snappy_frame(data) + codec.STREAM,
                                codec.snappy_frame_compressed(b"z" * 40, codec.snappy_run(b"z", 40))])
        else:
            good = pick.choice([codec.snappy(data), codec.snappy(data), codec.snappy_run(b"z", 40)])
        if pick.random() < 0.2 and good:
            at = pick.randrange(len(good))
            good = pick.choice([good[:at], good + b"\0", good[:at] + bytes([good[at] ^ 1]) + good[at + 1:]])
        return good


class Era:
    """Makes filters at random; what is common to both eras."""

    def __init__(self, case):
        self.case, self.pick = case, case.random
        self.token_keys = []
        self.balanced = False

    def chain(self):
        made = []
        for _ in range(self.pick.choice([0, 1, 1, 2, 2, 3, 3, 4, 5])):
            made += getattr(self, self.pick.choice(self.kinds))()
        for one in made:
            if self.balanced and one["name"].endswith(".Firewall"):
                # Whose reply it is, is chance.
                one["config"]["on_write"] = [{"action": "ALLOW", "sources": ["0.0.0.0/0"], "ports": ["0-65535"]}]
        return made

    def size(self):
        """Of what is captured: mostly a token's."""
        sizes = [len(token) for token in self.case.tokens()]
        return self.pick.choice(sizes if sizes and self.pick.random() < 0.85 else [0, 1, 3, 7, 16])

    def filter(self, name, config=None, optional=False):
        made = {"name": self.prefix + name}
        if config or (config is not None and not (optional and self.pick.random() < 0.5)):
            made["config"] = config
        return made

    def maybe(self, config, key, values):
        if self.pick.random() < 0.7:
            config[key] = self.pick.choice(values)

    def actions(self, config, values, sure=False):
        for key in ("on_read", "on_write"):
            if sure:
                config[key] = self.pick.choice(values)
            else:
                self.maybe(config, key, values)
        return config

    def debug(self):
        return [self.filter("debug.v1alpha1.Debug", self.pick.choice([{}, {"id": "here"}]), True)]

    def concatenate(self):
        config = {"bytes": b64(self.pick.choice(WORDS[:8] + TOKENS))}
        return [self.filter(self.concatenate_name, self.actions(config, ["APPEND", "PREPEND", "DO_NOTHING"]))]

    def compress(self):
        config = {}
        self.maybe(config, "mode", self.modes)
        self.actions(config, ["DO_NOTHING", "COMPRESS", "DECOMPRESS"], True)
        return [self.filter("compress.v1alpha1.Compress", config)]

    def token_router(self):
        if self.balanced:  # which token the chosen one has is chance
            return []
        made = [] if self.token_keys and self.pick.random() < 0.6 or self.pick.random() < 0.1 \
            else self.capture()
        key = self.pick.choice(self.token_keys or [None])
        config = {} if key is None else {"metadataKey": key}
        return made + [self.filter("token_router.v1alpha1.TokenRouter", config, True)]

    def load_balancer(self):
        self.balanced = True
        config = {}
        self.maybe(config, "policy", ["ROUND_ROBIN", "RANDOM", "HASH"])
        return [self.filter("load_balancer.v1alpha1.LoadBalancer", config)]

    def endpoints(self):
        made = []
        for address in self.pick.sample(ADDRESSES, self.pick.choice([1, 1, 2, 2, 3, 4])):
            one = {"address": f"10.77.SLOT.{address}"}
            if self.pick.random() < 0.85:
                tokens = self.pick.sample(TOKENS, self.pick.randint(1, 4) % 4)
                one["metadata"] = {"quilkin.dev": {"tokens": [b64(token) for token in tokens]}}
                if self.pick.random() < 0.2:
                    one["metadata"]["mode"] = {"name": "ctf", "teams": [1, 2]}
            made.append(one)
        return made


class FirstEra(Era):
    prefix = "quilkin.extensions.filters."
    concatenate_name = "concatenate_bytes.v1alpha1.ConcatenateBytes"
    modes = ["SNAPPY"]
    kinds = ["capture", "capture", "concatenate", "concatenate", "compress", "debug", "token_router",
             "token_router", "token_router", "load_balancer", "rate_limit"]

    def capture(self):
        config = {"size": self.size()}
        self.maybe(config, "strategy", ["PREFIX", "SUFFIX"])
        self.maybe(config, "metadataKey", KEYS)
        self.maybe(config, "remove", [True, False])
        self.token_keys.append(config.get("metadataKey"))
        return [self.filter("capture_bytes.v1alpha1.CaptureBytes", config)]

    def rate_limit(self):
        config = {"max_packets": self.pick.choice([0, 1, 4, 4, 1000, 1000])}
        config["period"] = self.pick.choice(["60s", "1m", "1h 5s", "100s", "2days"])
        return [self.filter("local_rate_limit.v1alpha1.LocalRateLimit", config)]

    def file(self):
        pick, filters = self.pick, self.case.filters
        tree = {"version": "v1alpha1"}
        if pick.random() < 0.3:
            tree["proxy"] = pick.choice([{"id": "one"}, {"port": 7000}, {"id": "two", "port": 7000}])
        if pick.random() < 0.2:
            tree["admin"] = {"address": "127.0.0.1:9095"}
        tree["static"] = {"endpoints": self.case.endpoints}
        if filters or pick.random() < 0.5:
            tree["static"]["filters"] = filters
        return tree


class SecondEra(Era):
    prefix = "quilkin.filters."
    concatenate_name = "concatenate.v1alpha1.Concatenate"
    modes = ["SNAPPY", "LZ4"]
    kinds = ["capture", "capture", "concatenate", "concatenate", "compress", "debug", "token_router",
             "token_router", "load_balancer", "rate_limit", "firewall", "firewall", "match", "match",
             "passing", "dropping", "timestamp"]

    def capture(self):
        config = {}
        kind = self.pick.choice(["prefix", "suffix", "suffix", "regex"])
        if kind == "regex":
            config["regex"] = {"pattern": self.pick.choice(PATTERNS)}
        else:
            config[kind] = {"size": self.size()}
            self.maybe(config[kind], "remove", [True, False])
        self.maybe(config, "metadataKey", KEYS)
        # A list where the router wants bytes ends Quilkin.
        if kind != "regex":
            self.token_keys.append(config.get("metadataKey"))
        else:
            config["metadataKey"] = "found"
        return [self.filter("capture.v1alpha1.Capture", config)]

    def rate_limit(self):
        config = {"max_packets": self.pick.choice([0, 1, 4, 4, 1000, 1000]), "period": self.pick.choice([60, 3600])}
        return [self.filter("local_rate_limit.v1alpha1.LocalRateLimit", config)]

    def rule(self, addresses, ports):
        pick = self.pick
        return {"action": pick.choice(["ALLOW", "ALLOW", "DENY"]),
                "sources": pick.sample(addresses, pick.randint(0, 2)) or ["10.77.SLOT.0/24"],
                "ports": pick.sample(ports, pick.randint(1, 3))}

    def rules(self, addresses, ports):
        made = [self.rule(addresses, ports) for _ in range(self.pick.choice([0, 0, 1, 1, 2, 3]))]
        if self.pick.random() < 0.85:
            made.append({"action": "ALLOW", "sources": [self.pick.choice(["0.0.0.0/0", "10.77.SLOT.0/24"])],
                         "ports": ["0-65535"]})
        return made

    def firewall(self):
        clients = ["10.77.SLOT.1/32", "10.77.SLOT.2/32", "10.77.SLOT.0/31", "::/0", "10.0.0.0/8", "10.77.SLOT.2"]
        servers = ["10.77.SLOT.101/32", "10.77.SLOT.102/31", "10.77.SLOT.100/30", "0.0.0.0/1"]
        config = {"on_read": self.rules(clients, ["40001", "40002", "40001-40002", "1-40002", "0-65535"]),
                  "on_write": self.rules(servers, ["26000", "26001", "26000-26001", "26001-65534", "65534", "65534-65535"])}
        if self.pick.random() < 0.5:
            config["on_write"] = [{"action": "ALLOW", "sources": ["0.0.0.0/0"],
                                   "ports": ["0-65535"] if self.pick.random() < 0.9 else ["65535"]}]
        return [self.filter("firewall.v1alpha1.Firewall", config)]

    def inner(self):
        kind = self.pick.choice(["concatenate", "concatenate", "passing", "passing", "dropping", "debug", "capture"])
        return getattr(self, kind)()[0]

    def branch(self, value):
        return {"value": value, **self.inner()}

    def match(self):
        made = self.capture() if self.pick.random() < 0.8 else []
        capture = made[0]["config"] if made else {}
        key = capture.get("metadataKey", self.pick.choice(KEYS))
        values = ["abc", "xyz", "a", "nkuy70x", "hello", ""]
        if self.pick.random() < 0.25:
            key, values = f"{key}/is_present", [True, False, "true", 1]
        values = self.pick.sample(values, self.pick.randint(0, 3))
        # A nested capture is not what later filters can count on.
        known = list(self.token_keys)
        way = {"metadataKey": key, "branches": [self.branch(value) for value in values]}
        if self.pick.random() < 0.75:
            way["fallthrough"] = self.inner()
        config = {"on_read": way}
        if self.pick.random() < 0.15:
            config["on_write"] = copy.deepcopy(way)
        self.token_keys = known
        return made + [self.filter("match.v1alpha1.Match", config)]

    def passing(self):
        return [self.filter("pass.v1alpha1.Pass")]

    def dropping(self):
        return [self.filter("drop.v1alpha1.Drop" if self.pick.random() < 0.2 else "pass.v1alpha1.Pass")]

    def timestamp(self):
        return [self.filter("timestamp.v1alpha1.Timestamp", {"metadataKey": self.pick.choice(KEYS)})]

    def debug(self):
        made = super().debug()
        if self.pick.random() < 0.3:
            made[0]["label"] = "a label"
        return made

    def file(self):
        pick, filters, endpoints = self.pick, self.case.filters, self.case.endpoints
        tree = {"version": "v1alpha1"}
        if pick.random() < 0.3:
            tree["id"] = pick.choice(["one", "proxy 2", None])
        if filters or pick.random() < 0.5:
            tree["filters"] = filters
        cut = pick.randint(0, len(endpoints)) if pick.random() < 0.3 else len(endpoints)
        tree["clusters"] = [{"endpoints": endpoints[:cut]}]
        if cut < len(endpoints):
            tree["clusters"].append({"locality": "eu:west:1", "endpoints": endpoints[cut:]})
        return tree


# YAML: blocks and flows by chance.

def scalar(value, pick):
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z_.]*[A-Za-z]", value) and \
            value.lower() not in ("null", "true", "false", "yes", "no", "on", "off") and pick.random() < 0.7:
        return value
    return json.dumps(value, ensure_ascii=False)


def emit(value, pick, indent=""):
    if isinstance(value, dict) and value and pick.random() < 0.85:
        out = ""
        for key, one in value.items():
            out += f"{indent}{json.dumps(key) if pick.random() < 0.1 else key}:{emit_value(one, pick, indent)}"
        return out
    if isinstance(value, list) and value and pick.random() < 0.85:
        return "".join(f"{indent}-{emit_value(one, pick, indent)}" for one in value)
    return f"{indent}{json.dumps(value, ensure_ascii=False)}\n"


def emit_value(value, pick, indent):
    if isinstance(value, (dict, list)):
        return "\n" + emit(value, pick, indent + "  ")
    return f" {scalar(value, pick)}\n"
