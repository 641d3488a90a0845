package sizing

import (
	"fmt"
	"slices"
)

// Rolling is a change that replaces tasks or hosts batch by batch while clients are served.
type Rolling struct {
	Key       string `json:"key"`       // the configuration value that changes
	Replaces  string `json:"replaces"`  // "tasks" or "hosts"
	Count     int    `json:"count"`     // of them at the peak
	AtOnce    int    `json:"atOnce"`    // replaced together
	Batches   int    `json:"batches"`   //
	Seconds   int    `json:"seconds"`   // the whole change, each batch at its slowest
	Clients   int    `json:"clients"`   // whose connection ends at least once, at the peak
	PerSecond int    `json:"perSecond"` // connections that end in a second, at most
}

// Keys whose change replaces tasks, and hosts.
var (
	taskKeys = []string{"service.cpu", "service.image", "service.memoryMiB"}
	hostKeys = []string{"cluster.ami", "cluster.instanceType", "cluster.otherInstanceTypes", "cluster.rootVolumeGiB"}
)

// RollingKeys are the configuration values whose change is a rolling one.
func RollingKeys() []string { return slices.Concat(taskKeys, hostKeys) }

// Roll says how the change of a configuration value rolls through the peak's tasks or hosts. The error names the values that
// it can be asked about.
func (p Plan) Roll(key string) (Rolling, error) {
	r := Rolling{Key: key, Clients: p.Input.PeakConnections, PerSecond: p.DrainRate * p.BatchTasks}
	switch {
	case slices.Contains(taskKeys, key):
		r.Replaces, r.Count, r.AtOnce = "tasks", p.Tasks, p.BatchTasks
		r.Batches = ceilDiv(r.Count, r.AtOnce)
		r.Seconds = r.Batches * p.roundSeconds()
	case slices.Contains(hostKeys, key):
		r.Replaces, r.Count, r.AtOnce = "hosts", p.Hosts, min(p.BatchHosts, p.Hosts)
		r.Batches = ceilDiv(r.Count, r.AtOnce)
		r.Seconds = r.Batches*(hostStartSeconds+p.HostDrainSeconds) + (len(p.Checkpoints)-1)*p.CheckpointDelay
	default:
		return r, fmt.Errorf("%s: its change does not replace tasks or hosts one batch after the other; known: %q", key, RollingKeys())
	}
	return r, nil
}

// SettleSeconds is how long a region may take after a change was made until it has settled: AWS replaces hosts and tasks on
// its own by then, side by side, or has taken that back, and an alarm had the time to fire. What is not well then is broken.
func (p Plan) SettleSeconds() int {
	return max(p.RefreshTimeout, p.DeploymentTimeout) + alarmSeconds
}
