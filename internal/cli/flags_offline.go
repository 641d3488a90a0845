package cli

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	awscloud "github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// offlineFlags say how the offline AWS behaves.
type offlineFlags struct {
	set *pflag.FlagSet

	scale  float64
	seed   uint64
	faults []string // as cloud.ParseFault takes them
	rate   float64
	slow   []string // TYPE=DURATION
	as     string   // name of a role
}

func (f *offlineFlags) add(c *cobra.Command) {
	f.set = c.Flags()
	f.set.Float64Var(&f.scale, "time-scale", 0, "seconds that a second of the offline AWS takes, such as 0.01; 0: nothing takes time")
	f.set.Uint64Var(&f.seed, "seed", 0, "decides how long the offline AWS takes, and which calls --fault-rate spoils")
	f.set.StringArrayVar(&f.faults, "fault", nil, "KIND:CALL:TYPE[#NTH][*ATTEMPTS]: what goes wrong in the offline AWS, such as lost:create:aws:rds/cluster:Cluster")
	f.set.Float64Var(&f.rate, "fault-rate", 0, "share of calls that the offline AWS throttles or fails for a moment, 0 to 1")
	f.set.StringArrayVar(&f.slow, "offline-slow", nil, "TYPE=DURATION: real time that the offline AWS takes to create a type")
	f.set.StringVar(&f.as, "as", "", "the role of the offline account with whose rights everything is done, such as deepstreamhub-preview; none: an administrator's")
	_ = f.set.MarkHidden("offline-slow") // the flag exists, which is all that can go wrong
}

// options parses the flags. The error holds every problem.
func (f *offlineFlags) options(offline bool) (cloudOptions, error) {
	opts := cloudOptions{Scale: f.scale, Seed: f.seed, FaultRate: f.rate, As: f.as, Slow: map[string]time.Duration{}}
	var problems []error
	for _, name := range []string{"time-scale", "seed", "fault", "fault-rate", "offline-slow", "as"} {
		if !offline && f.set != nil && f.set.Changed(name) {
			problems = append(problems, fmt.Errorf("--%s needs --offline", name))
		}
	}
	if !(f.scale >= 0 && f.scale <= math.MaxFloat64) { // nor is it no number
		problems = append(problems, fmt.Errorf("--time-scale %v: must be a number of 0 or more", f.scale))
	}
	if !(f.rate >= 0 && f.rate <= 1) {
		problems = append(problems, fmt.Errorf("--fault-rate %v: must be 0 to 1", f.rate))
	}
	for _, text := range f.faults {
		fault, err := awscloud.ParseFault(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("--fault: %w", err))
		}
		opts.Faults = append(opts.Faults, fault)
	}
	for _, s := range f.slow {
		token, text, _ := strings.Cut(s, "=")
		d, err := time.ParseDuration(text)
		if err != nil || token == "" || d < 0 {
			problems = append(problems, fmt.Errorf("--offline-slow %s: must be a type and a duration, such as aws:rds/cluster:Cluster=30s", s))
		}
		opts.Slow[token] = d
	}
	return opts, errors.Join(problems...)
}
