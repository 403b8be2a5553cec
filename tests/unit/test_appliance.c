/* SPDX-License-Identifier: BSD-3-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "loading.h"

#define PORT "ports: [{device: a, addresses: [192.0.2.10/24]}]\n"
#define PORTS(...)                                                                                 \
	"ports:\n  - device: a\n    addresses: [192.0.2.10/24, 2001:db8::10/64]\n" __VA_ARGS__

static const struct loading bad[] = {
	/* Structure. */
	{"[]", "1:1: 'appliance.yaml' must be a map, not a list\n"},
	{"id: x\n", "1:1: missing key 'ports'\n"},
	{"ports: []\n", "1:8: 'ports' must not be empty\n"},
	{"ports: 3\n", "1:8: 'ports' must be a list, not '3'\n"},
	{"ports: [7]\n", "1:9: each of 'ports' must be a map, not '7'\n"},
	{"ports: [{}]\n", "1:9: missing key 'device'\n1:9: missing key 'addresses'\n"},
	{"ports: [{device: a, adresses: [192.0.2.10/24]}]\n",
		"1:21: unknown key 'adresses', did you mean 'addresses'?\n"},
	{PORT "colour: green\n", "2:1: unknown key 'colour'\n"},
	{PORT "id: a\nid: b\n", "3:1: duplicate key 'id', first on line 2\n"},
	/* Top level. */
	{PORT "id: ''\n", "2:5: 'id' must not be empty\n"},
	{PORT "id: [x]\n", "2:5: 'id' must be a string, not a list\n"},
	{PORT "id: [7]\n", "2:5: 'id' must be a string, not a list\n"},
	{PORT "id:\n", "2:4: 'id' must be a string, not nothing\n"},
	{PORT "eal: --no-huge\n", "2:6: 'eal' must be a list, not '--no-huge'\n"},
	{PORT "eal: [a, 4, {}]\n", "2:13: each of 'eal' must be a string, not a map\n"},
	{PORT "eal: ['']\n", "2:7: each of 'eal' must not be empty\n"},
	{PORT "eal: [\"a\\0b\"]\n", "2:7: a NUL byte is not allowed\n"},
	/* Ports. */
	{"ports: [{device: '', addresses: [192.0.2.10/24]}]\n",
		"1:18: 'device' must not be empty\n"},
	{"ports: [{device: a, addresses: []}]\n", "1:32: 'addresses' must not be empty\n"},
	{"ports: [{device: a, addresses: [192.0.2.10]}]\n",
		"1:33: each of 'addresses' must be an IP address and a prefix length, like "
		"192.0.2.10/24, not '192.0.2.10'\n"},
	{"ports: [{device: a, addresses: [192.0.2.0/24]}]\n",
		"1:33: address 192.0.2.0 is its network's own address\n"},
	{"ports: [{device: a, addresses: [192.0.2.255/24]}]\n",
		"1:33: address 192.0.2.255 is its network's broadcast address\n"},
	{"ports: [{device: a, addresses: ['2001:db8::/64']}]\n",
		"1:33: address 2001:db8:: is its network's own address\n"},
	{"ports: [{device: a, addresses: [0.0.0.0/8]}]\n",
		"1:33: address 0.0.0.0 is the unspecified address\n"},
	{"ports: [{device: a, addresses: [224.0.0.1/24]}]\n",
		"1:33: address 224.0.0.1 is a multicast address\n"},
	{"ports: [{device: a, addresses: ['ff02::1/64']}]\n",
		"1:33: address ff02::1 is a multicast address\n"},
	{"ports: [{device: a, addresses: [127.0.0.1/8]}]\n",
		"1:33: address 127.0.0.1 is a loopback address\n"},
	{"ports: [{device: a, addresses: ['::1/128']}]\n",
		"1:33: address ::1 is a loopback address\n"},
	{"ports: [{device: a, addresses: [255.255.255.255/32]}]\n",
		"1:33: address 255.255.255.255 is the broadcast address\n"},
	{"ports: [{device: a, addresses: [192.0.2.1/0]}]\n",
		"1:33: address 192.0.2.1 is no address of a network: its prefix length is 0\n"},
	{"ports:\n  - {device: a, addresses: [192.0.2.10/24]}\n"
	 "  - {device: b, addresses: [192.0.2.10/25]}\n",
		"3:29: address 192.0.2.10 is there twice, first on line 2\n"},
	{"ports:\n  - {device: a, addresses: [192.0.2.10/24]}\n"
	 "  - {device: a, addresses: [192.0.2.11/24]}\n",
		"3:14: device a is there twice, first on line 2\n"},
	{PORTS("    gateways: 192.0.2.1\n"), "4:15: 'gateways' must be a list, not '192.0.2.1'\n"},
	{PORTS("    gateways: [192.0.2.1/24]\n"),
		"4:16: each of 'gateways' must be an IP address, not '192.0.2.1/24'\n"},
	{PORTS("    gateways: [192.0.3.1, '2001:db9::1']\n"),
		"4:16: gateway 192.0.3.1 is in none of the port's networks\n"
		"4:27: gateway 2001:db9::1 is in none of the port's networks\n"},
	{"ports: [{device: a, addresses: [192.0.2.10/24], gateways: ['fe80::1']}]\n",
		"1:60: gateway fe80::1 is in none of the port's networks\n"},
	{PORTS("    gateways: [192.0.2.10]\n"), "4:16: gateway 192.0.2.10 is an address of ours\n"},
	{PORTS("    gateways: [192.0.2.255]\n"),
		"4:16: gateway 192.0.2.255 is its network's broadcast address\n"},
	{PORTS("    routes: [{to: 10.0.0.0/8}]\n"), "4:14: missing key 'via'\n"},
	{PORTS("    routes: [{to: 10.0.0.0, via: 192.0.2.7}]\n"),
		"4:19: 'to' must be an IP address and a prefix length, like 192.0.2.10/24, not "
		"'10.0.0.0'\n"},
	{PORTS("    routes: [{to: 10.0.0.0/8, via: 10.0.0.1}]\n"),
		"4:36: gateway 10.0.0.1 is in none of the port's networks\n"},
	{PORTS("    routes: [{to: 10.0.0.0/8, via: '2001:db8::1'}]\n"),
		"4:36: gateway 2001:db8::1 is not of the same IP version as 10.0.0.0/8\n"},
	{PORTS("    routes:\n      - {to: 10.0.0.0/8, via: 192.0.2.7}\n"
	       "      - {to: 10.0.0.0/8, via: 192.0.2.8}\n"),
		"6:14: gateway 192.0.2.8 is another way to 10.0.0.0/8, beside 192.0.2.7 on line "
		"5\n"},
	{PORTS("    routes:\n      - {to: 10.0.0.1/8, via: 192.0.2.7}\n"
	       "      - {to: 10.2.0.0/8, via: 192.0.2.7}\n      - {to: 10.0.0.0/9, via: 192.0.2.7}\n"),
		"6:14: gateway 192.0.2.7 is another way to 10.0.0.0/8, beside 192.0.2.7 on line "
		"5\n"},
	{PORTS("    routes:\n      - {to: '2001:db8:1::/48', via: '2001:db8::1'}\n"
	       "      - {to: '2001:db8:1::2/48', via: '2001:db8::2'}\n"),
		"6:14: gateway 2001:db8::2 is another way to 2001:db8:1::/48, beside 2001:db8::1 "
		"on line 5\n"},
	{PORTS("    routes: [{to: 192.0.2.0/24, via: 192.0.2.7}]\n"),
		"4:19: 192.0.2.0/24 is one of our networks: no way leads there via 192.0.2.7\n"},
	{PORTS("    gateways: [192.0.2.1, '2001:db8::1', 192.0.2.2]\n"),
		"4:42: gateway 192.0.2.2 is another way to 0.0.0.0/0, beside 192.0.2.1 on line "
		"4\n"},
	{PORTS("    gateways: [192.0.2.1]\n    routes: [{to: 0.0.0.0/0, via: 192.0.2.2}]\n"),
		"5:19: gateway 192.0.2.2 is another way to 0.0.0.0/0, beside 192.0.2.1 on line "
		"4\n"},
	{"ports:\n  - {device: a, addresses: [192.0.2.10/24], gateways: [192.0.2.1]}\n"
	 "  - {device: b, addresses: [198.51.100.10/24], gateways: [198.51.100.1]}\n",
		"3:59: gateway 198.51.100.1 is another way to 0.0.0.0/0, beside 192.0.2.1 on line "
		"2\n"},
	{PORTS("    role: servers\n"),
		"4:11: 'role' must be both, clients or endpoints, not 'servers'\n"},
	{PORTS("    role: clients\n"),
		"2:3: no port may have endpoints, as the role of each is clients\n"},
	{"ports:\n  - {device: a, addresses: [192.0.2.10/24], role: endpoints}\n"
	 "  - {device: b, addresses: [198.51.100.10/24], role: endpoints}\n",
		"2:3: no port may have clients, as the role of each is endpoints\n"},
	{PORT "reverse_path: feasible\n",
		"2:15: 'reverse_path' must be loose or strict, not 'feasible'\n"},
	{PORTS("    vlan: 4095\n"),
		"4:11: 'vlan' must be a whole number from 0 to 4094, not '4095'\n"},
	{PORTS("    vlan: -1\n"), "4:11: 'vlan' must be a whole number from 0 to 4094, not '-1'\n"},
	{PORTS("    mtu: 575\n"),
		"4:10: 'mtu' must be a whole number from 576 to 9000, not '575'\n"},
	{PORTS("    mtu: '1500'\n"),
		"4:10: 'mtu' must be a whole number from 576 to 9000, not '1500'\n"},
	{PORTS("    mtu: 99999999999999999999\n"),
		"4:10: 'mtu' must be a whole number from 576 to 9000, not "
		"'99999999999999999999'\n"},
	{PORTS("    mtu: 1279\n"),
		"4:10: an MTU of 1279 is too small for the port's IPv6 addresses: it must be at "
		"least 1280\n"},
	{"ports: [{device: a, addresses: ['::ffff:192.0.2.10/120']}]\n",
		"1:33: address ::ffff:192.0.2.10 is an IPv4-mapped address\n"},
	{PORTS("    gateways: ['2001:db8::10']\n"),
		"4:16: gateway 2001:db8::10 is an address of ours\n"},
	{PORTS("    gateways: ['2001:db8::']\n"),
		"4:16: gateway 2001:db8:: is its network's own address\n"},
	{PORTS("    gateways: ['fe80::']\n"),
		"4:16: gateway fe80:: is its network's own address\n"},
	{"ports: [{device: a, addresses: [192.0.2.10/24], gateways: ['fe80::1']}]\n",
		"1:60: gateway fe80::1 is in none of the port's networks\n"},
	{"ports:\n  - {device: a, addresses: ['fe80::1/64']}\n"
	 "  - {device: b, addresses: ['fe80::1/64']}\n",
		"3:29: address fe80::1 is there twice, first on line 2\n"},
	{PORT "sessions: {source_addresses: ['fe80::1', '2001:db8::9', '2001:db8::9', "
	      "'ff02::1', '::ffff:1.2.3.4']}\n",
		"2:31: address fe80::1 is a link-local address, which endpoints beyond a router "
		"cannot answer\n"
		"2:57: address 2001:db8::9 is there twice, first on line 2\n"
		"2:72: address ff02::1 is a multicast address\n"
		"2:83: address ::ffff:1.2.3.4 is an IPv4-mapped address\n"},
	{PORTS("listeners:\n  - {port: 1, address: '2001:db8::11'}\n"
	       "  - {port: 2, address: '2001:db8::10'}\n  - {port: 2}\n"),
		"5:24: no port has the address 2001:db8::11\n"
		"7:5: port 2 has a listener on the same address already, on line 6\n"},
	{PORTS("    descriptors: 1024\n"), "4:18: 'descriptors' must be a map, not '1024'\n"},
	{PORTS("    descriptors: {rx: 32, tx: 65536, xx: 1}\n"),
		"4:23: 'rx' must be a whole number from 64 to 32768, not '32'\n"
		"4:31: 'tx' must be a whole number from 64 to 32768, not '65536'\n"
		"4:38: unknown key 'xx', did you mean 'rx'?\n"},
	/* Listeners. */
	{PORT "listeners: [{}]\n", "2:13: missing key 'port'\n"},
	{PORT "listeners: [{port: 0}, {port: 65536}]\n",
		"2:20: 'port' must be a whole number from 1 to 65535, not '0'\n"
		"2:31: 'port' must be a whole number from 1 to 65535, not '65536'\n"},
	{PORT "listeners: [{port: 1, address: 192.0.2.11}]\n",
		"2:32: no port has the address 192.0.2.11\n"},
	{PORT "listeners: [{port: 1, address: here}]\n",
		"2:32: 'address' must be an IP address, not 'here'\n"},
	{PORT "listeners:\n  - {port: 1}\n  - {port: 1, address: 192.0.2.10}\n",
		"4:5: port 1 has a listener on the same address already, on line 3\n"},
	{PORT "listeners:\n  - {port: 1, address: 192.0.2.10}\n  - {port: 1}\n",
		"4:5: port 1 has a listener on the same address already, on line 3\n"},
	{PORT "listeners:\n  - {port: 1, address: 192.0.2.10}\n"
	      "  - {port: 1, address: 192.0.2.10}\n",
		"4:5: port 1 has a listener on the same address already, on line 3\n"},
	{PORT "qcmp: 7600\n", "2:7: 'qcmp' must be a map, not '7600'\n"},
	{PORT "qcmp: {}\n", "2:7: missing key 'port'\n"},
	{PORT "qcmp: {port: 0}\n",
		"2:14: 'port' must be a whole number from 1 to 65535, not '0'\n"},
	{PORT "qcmp: {port: 7}\nlisteners: [{port: 7}]\n",
		"2:14: port 7 is a listener's, on line 3\n"},
	/* Sessions. */
	{PORT "sessions: []\n", "2:11: 'sessions' must be a map, not a list\n"},
	{PORT "sessions: {capacity: 0}\n",
		"2:22: 'capacity' must be a whole number from 1 to 268435456, not '0'\n"},
	{PORT "sessions: {capacity: 268435457}\n",
		"2:22: 'capacity' must be a whole number from 1 to 268435456, not '268435457'\n"},
	{PORT "sessions: {ttl: 60}\n",
		"2:17: 'ttl' must be a duration with its unit (500ms, 60s, 5m, 1h), from 1s to "
		"24h, not '60'\n"},
	{PORT "sessions: {ttl: 999ms, unreplied_ttl: 25h}\n",
		"2:17: 'ttl' must be a duration with its unit (500ms, 60s, 5m, 1h), from 1s to "
		"24h, not '999ms'\n"
		"2:39: 'unreplied_ttl' must be a duration with its unit (500ms, 60s, 5m, 1h), "
		"from 1s to 24h, not '25h'\n"},
#define RANGE "a range of ports like 16384-65535, the lower first, from 1 to 65535"
	{PORT "sessions: {ports: 7000}\n", "2:19: 'ports' must be " RANGE ", not '7000'\n"},
	{PORT "sessions: {ports: 8-7}\n", "2:19: 'ports' must be " RANGE ", not '8-7'\n"},
	{PORT "sessions: {ports: 0-7}\n", "2:19: 'ports' must be " RANGE ", not '0-7'\n"},
	{PORT "sessions: {ports: 1-65536}\n", "2:19: 'ports' must be " RANGE ", not '1-65536'\n"},
	{PORT "sessions: {ports: 1-2-3}\n", "2:19: 'ports' must be " RANGE ", not '1-2-3'\n"},
	{PORT "sessions: {ports: 1--3}\n", "2:19: 'ports' must be " RANGE ", not '1--3'\n"},
	{PORT "sessions: {ports: [1, 2]}\n", "2:19: 'ports' must be " RANGE ", not a list\n"},
	{PORT "sessions: {source_addresses: [1.2.3.4, 127.0.0.1, 1.2.3.4, x]}\n",
		"2:40: address 127.0.0.1 is a loopback address\n"
		"2:51: address 1.2.3.4 is there twice, first on line 2\n"
		"2:60: each of 'source_addresses' must be an IP address, not 'x'\n"},
	{PORT "sessions: {state_file: {}}\n", "2:24: 'state_file' must be a string, not a map\n"},
	{PORT "sessions: {tll: 60s}\n", "2:12: unknown key 'tll', did you mean 'ttl'?\n"},
	/* Limits. */
	{PORT "limits: {new_sessions_per_second: -1}\n",
		"2:35: 'new_sessions_per_second' must be a whole number from 0 to 4294967295, not "
		"'-1'\n"},
	{PORT "limits: {sessions_per_prefix: many}\n",
		"2:31: 'sessions_per_prefix' must be a whole number from 0 to 4294967295, not "
		"'many'\n"},
	{PORT "limits: {sessions_per_source: 4294967296}\n",
		"2:31: 'sessions_per_source' must be a whole number from 0 to 4294967295, not "
		"'4294967296'\n"},
	/* The rest. */
	{PORT "telemetry: {group: ''}\n", "2:20: 'group' must not be empty\n"},
	{PORT "telemetry: games\n", "2:12: 'telemetry' must be a map, not 'games'\n"},
	{PORT "confine: perhaps\n", "2:10: 'confine' must be true or false, not 'perhaps'\n"},
	/* What depends on an address that cannot be read is not judged. */
	{"ports: [{device: a, addresses: [x], gateways: [192.0.2.1]}]\n"
	 "listeners: [{port: 1, address: 192.0.2.10}]\n",
		"1:33: each of 'addresses' must be an IP address and a prefix length, like "
		"192.0.2.10/24, not 'x'\n"},
	/* All at once, in the order of the file. */
	{"limits: 3\nports:\n  - device: a\n    addresses: [192.0.2.255/24]\n    vlan: x\nidd: b\n",
		"1:9: 'limits' must be a map, not '3'\n"
		"4:17: address 192.0.2.255 is its network's broadcast address\n"
		"5:11: 'vlan' must be a whole number from 0 to 4094, not 'x'\n"
		"6:1: unknown key 'idd', did you mean 'id'?\n"},
};

static void
each_mistake_is_reported_in_its_place(void **state)
{
	CHECK_BAD(bad, nj_appliance_load);
}

static struct nj_appliance *
load(const char *text)
{
	struct nj_report report = {0};
	struct nj_appliance *appliance;
	char path[32];

	write_file(path, text, strlen(text));
	appliance = nj_appliance_load(path, &report);
	unlink(path);
	nj_report_print(&report, stderr);
	assert_non_null(appliance);
	assert_int_equal(report.n_notes, 0);
	nj_report_clear(&report);
	return appliance;
}

static void
what_is_left_out_has_its_default(void **state)
{
	struct nj_appliance *a = load(PORT);
	char name[256] = "";

	gethostname(name, sizeof(name) - 1);
	assert_string_equal(a->id, name);
	assert_int_equal(a->n_eal, 0);
	assert_int_equal(a->n_ports, 1);
	assert_string_equal(a->ports[0].device, "a");
	assert_int_equal(a->ports[0].vlan, 0);
	assert_int_equal(a->ports[0].role, NJ_PORT_BOTH);
	assert_int_equal(a->ports[0].mtu, 1500);
	assert_int_equal(a->ports[0].rx_descriptors, 1024);
	assert_int_equal(a->ports[0].tx_descriptors, 1024);
	assert_int_equal(a->ports[0].n_gateways + a->ports[0].n_routes, 0);
	assert_int_equal(a->n_listeners, 0);
	assert_int_equal(a->qcmp_port, 0);
	assert_int_equal(a->reverse_path, NJ_REVERSE_PATH_LOOSE);
	assert_int_equal(a->sessions.capacity, 1000000);
	assert_int_equal(a->sessions.ttl_ms, 60000);
	assert_int_equal(a->sessions.unreplied_ttl_ms, 10000);
	assert_int_equal(a->sessions.port_min, 16384);
	assert_int_equal(a->sessions.port_max, 65535);
	assert_int_equal(a->sessions.n_source_addresses, 0);
	assert_null(a->sessions.state_file);
	assert_int_equal(a->limits.new_sessions_per_second, 0);
	assert_int_equal(a->limits.sessions_per_source, 512);
	assert_int_equal(a->limits.sessions_per_prefix, 0);
	assert_true(a->confine);
	assert_null(a->telemetry_group);
	nj_appliance_free(a);
}

static void
every_key_is_read(void **state)
{
	struct nj_appliance *a =
		load("id: edge-1\n"
		     "eal: [\"--file-prefix=x\", -l, 0-1]\n"
		     "ports:\n"
		     "  - device: net_af_packet0,iface=eth1\n"
		     "    addresses: &addresses [192.0.2.10/24, '2001:db8::10/64']\n"
		     "    gateways: [192.0.2.1, '2001:db8::1']\n"
		     "    routes: [{to: 10.0.0.0/8, via: 192.0.2.7}]\n"
		     "    role: clients\n"
		     "    vlan: 4094\n"
		     "    mtu: 9000\n"
		     "    descriptors: {rx: 64, tx: 32768}\n"
		     "  - {device: b, addresses: [198.51.100.2/31]}\n"
		     "listeners: [{port: 7777}, {port: 7778, address: 192.0.2.10},\n"
		     "  {port: 7778, address: 198.51.100.2}]\n"
		     "qcmp: {port: 7600}\n"
		     "reverse_path: strict\n"
		     "sessions:\n"
		     "  capacity: 268435456\n"
		     "  ttl: 24h\n"
		     "  unreplied_ttl: 1000ms\n"
		     "  ports: 1-1\n"
		     "  source_addresses: [192.0.2.11]\n"
		     "  state_file: /x\n"
		     "limits: {new_sessions_per_second: 4294967295, "
		     "sessions_per_source: 5, sessions_per_prefix: 6}\n"
		     "telemetry: {group: games}\n"
		     "confine: false\n");
	struct nj_ip ip;

	assert_string_equal(a->id, "edge-1");
	assert_int_equal(a->n_eal, 3);
	assert_string_equal(a->eal[2], "0-1");
	assert_int_equal(a->n_ports, 2);
	assert_int_equal(a->ports[0].n_addresses, 2);
	assert_int_equal(a->ports[0].addresses[1].length, 64);
	assert_int_equal(a->ports[0].n_gateways, 2);
	assert_int_equal(nj_ip_parse("192.0.2.7", &ip), 0);
	assert_true(nj_ip_equal(&a->ports[0].routes[0].via, &ip));
	assert_int_equal(a->ports[0].routes[0].to.length, 8);
	assert_int_equal(a->ports[0].role, NJ_PORT_CLIENTS);
	assert_int_equal(a->ports[0].line, 4);
	assert_int_equal(a->ports[0].vlan, 4094);
	assert_int_equal(a->ports[0].mtu, 9000);
	assert_int_equal(a->ports[0].rx_descriptors, 64);
	assert_int_equal(a->ports[0].tx_descriptors, 32768);
	assert_int_equal(a->ports[1].mtu, 1500);
	assert_int_equal(a->ports[1].role, NJ_PORT_BOTH);
	assert_int_equal(a->n_listeners, 3);
	assert_int_equal(a->listeners[0].ip.family, AF_UNSPEC);
	assert_int_equal(a->listeners[1].ip.family, AF_INET);
	assert_int_equal(a->qcmp_port, 7600);
	assert_int_equal(a->reverse_path, NJ_REVERSE_PATH_STRICT);
	assert_int_equal(a->sessions.capacity, 1u << 28);
	assert_int_equal(a->sessions.ttl_ms, 86400000);
	assert_int_equal(a->sessions.unreplied_ttl_ms, 1000);
	assert_int_equal(a->sessions.port_max, 1);
	assert_int_equal(a->sessions.n_source_addresses, 1);
	assert_string_equal(a->sessions.state_file, "/x");
	assert_int_equal(a->limits.new_sessions_per_second, UINT32_MAX);
	assert_int_equal(a->limits.sessions_per_source, 5);
	assert_int_equal(a->limits.sessions_per_prefix, 6);
	assert_string_equal(a->telemetry_group, "games");
	assert_false(a->confine);
	nj_appliance_free(a);
}

/* What IPv4 may have IPv6 may, too; and link-local addresses on top. */
static void
ipv6_is_taken_everywhere(void **state)
{
	struct nj_appliance *a =
		load("ports:\n"
		     "  - device: a\n"
		     "    addresses: ['2001:db8::10/64', '2001:db8::11/64', '2001:db8::12/80',\n"
		     "      'fe80::10/64']\n"
		     "    gateways: ['fe80::1']\n"
		     "    routes: [{to: '2001:db8:7::/48', via: 'fe80::2'}]\n"
		     "    mtu: 1280\n"
		     "  - {device: b, addresses: [198.51.100.2/31], mtu: 576}\n"
		     "listeners: [{port: 1, address: '2001:db8::11'}, {port: 1, address: "
		     "198.51.100.2}]\n"
		     "sessions: {source_addresses: ['2001:db8::20', 198.51.100.9]}\n");

	assert_int_equal(a->ports[0].n_addresses, 4);
	assert_int_equal(a->ports[0].gateways[0].family, AF_INET6);
	assert_int_equal(a->ports[0].routes[0].via.family, AF_INET6);
	assert_int_equal(a->listeners[0].ip.family, AF_INET6);
	assert_int_equal(a->sessions.source_addresses[0].family, AF_INET6);
	nj_appliance_free(a);
}

static void
the_examples_load_clean(void **state)
{
	static const char *const paths[] = {
		NJ_CONFIG "/appliance.yaml", NJ_CONFIG "/examples/two-ports.yaml"};

	for (size_t i = 0; i < RTE_DIM(paths); i++) {
		struct nj_report report = {0};
		struct nj_appliance *appliance = nj_appliance_load(paths[i], &report);

		nj_report_print(&report, stderr);
		assert_non_null(appliance);
		assert_int_equal(report.n_notes, 0);
		nj_appliance_free(appliance);
		nj_report_clear(&report);
	}
}

static void
find_key(void *context, const char *path, const struct nj_field *field)
{
	const char **wanted = context;

	if (*wanted != NULL && strcmp(path, *wanted) == 0)
		*wanted = NULL;
}

static void
keys_can_be_listed(void **state)
{
	static const char *const paths[] = {"id", "ports", "ports[].device", "ports[].routes[].via",
		"ports[].descriptors.rx", "listeners[].address", "qcmp.port", "sessions.ttl",
		"limits.sessions_per_source", "limits.sessions_per_prefix"};

	for (size_t i = 0; i < RTE_DIM(paths); i++) {
		const char *wanted = paths[i];

		nj_appliance_keys(find_key, &wanted);
		if (wanted != NULL)
			fail_msg("%s is not listed", wanted);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_reported_in_its_place),
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(ipv6_is_taken_everywhere),
		cmocka_unit_test(the_examples_load_clean),
		cmocka_unit_test(keys_can_be_listed),
	};

	return cmocka_run_group_tests_name("appliance", tests, NULL, NULL);
}
