#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The generator of the benchmarks at the other end of a memif opens a thousand
# sessions, checks both directions of each to the checksum, and at a small load loses nothing.
set -eu
. "$(dirname "$0")/smoke.sh"
smoke_rig=rig_begin # no wire: all of it is shared memory

write_files() {
	cat >"$rig_dir/appliance.yaml" <<-EOF2
		id: $rig_name
		eal: ["--file-prefix=$rig_prefix"]
		ports:
		  - device: "$device,role=server"
		    addresses: [192.0.2.1/24]
		    gateways: [192.0.2.2]
		listeners:
		  - {port: $smoke_port}
		sessions: {capacity: 8192}
	EOF2
	rig_proxy_file 198.51.100.2:26000
}

# generate [OPTION ...]: natterjack has one queue to receive and two to transmit.
generate() {
	rig_in client "$rig_build/tests/bench/generator/bench_generator" --no-huge -m 256 --no-pci \
		--no-telemetry "--file-prefix=$rig_prefix-generator" --lcores "$(rig_lcores 0)" \
		"--vdev=$device,role=client" -- --expect proxy --rx-queues 2 --paced 2 --patience 10000 "$@"
}

check_lost() {
	/usr/bin/python3 -c '
import json, sys
cases = [json.loads(line) for line in sys.stdin if line.startswith("{")]
for case in cases:
    sent, returned, strays = (case["paced"][key] for key in ("sent", "returned", "strays"))
    print(case["sessions"], "sessions,", case["direction"] + ":", returned, "of", sent, "came back")
    if not sent or returned != sent or strays:
        sys.exit(f"lost or strange: {case}")
sys.exit(len(cases) != 2)'
}

smoke_up
device=net_memif0,id=0,socket=$rig_dir/memif.sock,socket-abstract=no,bsize=2048
write_files
natterjack_start 1
generate --case 1000,64,downstream,2000 --case 1000,512,mixed,2000 >"$rig_dir/generator.log" ||
	die 'the generator failed'
check_lost <"$rig_dir/generator.log"
smoke_end 8000
