#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The alerts and the dashboard (config/prometheus, config/grafana): promtool takes the alerts, each is
# set off by what it is for (alerts.yaml), and all metrics and labels that either names are there in
# a running natterjack.
set -eu
. "$(dirname "$0")/smoke.sh"
. "$(dirname "$0")/promtool.sh"

rules=$root/config/prometheus/natterjack.rules.yaml

promtool_needed
promtool check rules "$rules"
promtool check config --syntax-only "$root/config/prometheus/scrape.yaml"
promtool test rules "$root/tests/smoke/alerts.yaml"
smoke_up
rig_echo 26000
rig_files "$smoke_port" 198.51.100.2:26000
printf 'filters:\n  - name: quilkin.filters.pass.v1alpha1.Pass\n' >>"$rig_dir/proxy.yaml"
natterjack_start 2
smoke_send --clients 10 --rounds 2
"$rig_build/app/njctl" -p "$rig_prefix" metrics >"$rig_dir/metrics"
"$root/tests/smoke/monitoring_check.py" "$rig_dir/metrics" "$rules" \
	"$root/tests/smoke/alerts.yaml" "$root/config/grafana/natterjack.json"
smoke_end 40
