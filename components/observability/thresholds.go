package observability

import (
	"cmp"
	"fmt"
)

// Thresholds say when somebody is told. Each is optional: 0 is its default.
type Thresholds struct {
	BusyPercent     int // of CPU, or of memory, of tasks, database instances and bus nodes, 1 to 99; default 80
	LimitPercent    int // of the connections that tasks, or a database instance, can hold, 1 to 99: time to act is left; default 80
	ErrorsPerMinute int // answers 5xx, 1 or more; default 10, below which a restarting task explains them

	// SlowMilliseconds is how long one request in twenty may take at most, 1 to 60000. The default is 1000: an upgrade to a
	// socket or an API call takes milliseconds.
	SlowMilliseconds int
	// CertificateDays is how long the certificate is valid at least, 1 to 59. ACM renews 60 days before the end ("Managed
	// certificate renewal", AWS Certificate Manager User Guide); the default is 30, when half of that time is over.
	CertificateDays int
	// DatabaseLagMilliseconds is how far a reader may be behind the writer, 1 to 60000. The default is 1000: Aurora's readers
	// share the volume, and are usually below 100.
	DatabaseLagMilliseconds int
	BusLagSeconds           int // how far a replica of the bus may be behind its primary, 1 to 3600; default 5
	// PendingWrites is how many records a server may hold that the database has not stored, 1 or more. The default is 1000: a
	// server that stores each within milliseconds has a few dozen under way.
	PendingWrites int
}

// filled returns the thresholds with the defaults in place.
func (t Thresholds) filled() Thresholds {
	return Thresholds{
		BusyPercent:             cmp.Or(t.BusyPercent, 80),
		LimitPercent:            cmp.Or(t.LimitPercent, 80),
		ErrorsPerMinute:         cmp.Or(t.ErrorsPerMinute, 10),
		SlowMilliseconds:        cmp.Or(t.SlowMilliseconds, 1000),
		CertificateDays:         cmp.Or(t.CertificateDays, 30),
		DatabaseLagMilliseconds: cmp.Or(t.DatabaseLagMilliseconds, 1000),
		BusLagSeconds:           cmp.Or(t.BusLagSeconds, 5),
		PendingWrites:           cmp.Or(t.PendingWrites, 1000),
	}
}

// problems returns every threshold that is out of its range.
func (t Thresholds) problems() []error {
	var problems []error
	for _, n := range []struct {
		of          string
		value, most int
	}{
		{"busy percent", t.BusyPercent, 99},
		{"limit percent", t.LimitPercent, 99},
		{"errors per minute", t.ErrorsPerMinute, 1 << 30},
		{"slow milliseconds", t.SlowMilliseconds, 60_000},
		{"certificate days", t.CertificateDays, 59},
		{"database lag milliseconds", t.DatabaseLagMilliseconds, 60_000},
		{"bus lag seconds", t.BusLagSeconds, 3600},
		{"pending writes", t.PendingWrites, 1 << 30},
	} {
		if n.value < 0 || n.value > n.most {
			problems = append(problems, fmt.Errorf("threshold of %s %d: must be 1 to %d, or 0 for the default", n.of, n.value, n.most))
		}
	}
	return problems
}

// limit is the share of a number of connections at which somebody is told.
func (t Thresholds) limit(connections int) float64 {
	return float64(connections) * float64(t.LimitPercent) / 100
}

func (t Thresholds) slowSeconds() float64 { return float64(t.SlowMilliseconds) / 1000 }
