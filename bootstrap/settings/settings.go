// Package settings is the typed configuration of the account's bootstrap: what it can be told, the defaults, and the
// rules, all of which are checked together before an engine starts. It reads through package config, as the region
// stacks do.
package settings

import (
	"fmt"
	"slices"

	"github.com/deepstreamhub/platform/bootstrap/access"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/naming"
)

// Stack is the stack of the one account there is.
const Stack = config.BootstrapStack

// Settings is everything the bootstrap of an account can be told.
type Settings struct {
	Organisation naming.Organisation `yaml:"-"` // whose account it is: the project's name without -bootstrap

	Region   string     `yaml:"-"` // from aws:region: where the state lives, and what is of the account rather than of a region
	AWS      config.AWS `yaml:"-"` // the AWS plugin's other keys; the account is the only one that is allowed
	Account  Account    `yaml:"account"`
	State    State      `yaml:"state"`
	GitHub   GitHub     `yaml:"github"`
	Names    Names      `yaml:"names"`
	Images   Images     `yaml:"images"`
	Baseline Baseline   `yaml:"baseline"`
	Budget   Budget     `yaml:"budget"`
}

// Account says which account it is and who pays.
type Account struct {
	ID         string   `yaml:"id"`         // twelve digits
	Regions    []string `yaml:"regions"`    // those of the platform
	Copies     []string `yaml:"copies"`     // further regions to which stacks copy backups
	Owner      string   `yaml:"owner"`      // a tag on everything
	CostCentre string   `yaml:"costCentre"` // a tag on everything
	Protect    *bool    `yaml:"protect"`    // whether what holds state and keys is kept from being destroyed
}

// State is the bucket with everybody's state.
type State struct {
	ReplicaRegion  string `yaml:"replicaRegion"`  // where a copy of every object and of the key is kept
	OldVersionDays int    `yaml:"oldVersionDays"` // how long a state that was written over can be gone back to
}

// GitHub says who may come from there.
type GitHub struct {
	Enabled            *bool    `yaml:"enabled"`
	Repository         string   `yaml:"repository"`         // owner/name
	Branch             string   `yaml:"branch"`             // the default branch: what runs there was reviewed
	Environments       []string `yaml:"environments"`       // that deploy, each the stack whose name it has
	PreviewEnvironment string   `yaml:"previewEnvironment"` // whose approval a pull request's preview needs
	ImagesEnvironment  string   `yaml:"imagesEnvironment"`  // that pushes images
	ShortEnvironment   string   `yaml:"shortEnvironment"`   // that brings short-lived stacks up and down
}

// Names is what DNS needs of the account.
type Names struct {
	Zone     string   `yaml:"zone"`     // the public hosted zone
	MakeZone *bool    `yaml:"makeZone"` // whether the zone is made here; else it has to exist
	Shared   []string `yaml:"shared"`   // names that several regions answer
}

// Images is the repositories for container images.
type Images struct {
	Repositories []string `yaml:"repositories"`
	Keep         int      `yaml:"keep"`         // images of each repository
	UntaggedDays int      `yaml:"untaggedDays"` // how long an image without tag is kept
}

// Baseline is what a blank account lacks. Each is switched off where the account has it from elsewhere.
type Baseline struct {
	VolumeEncryption  *bool `yaml:"volumeEncryption"`  // EBS volumes are encrypted unless told otherwise
	PublicAccessBlock *bool `yaml:"publicAccessBlock"` // no bucket of the account is public
	PasswordPolicy    *bool `yaml:"passwordPolicy"`    // of IAM users
	AccessAnalyzer    *bool `yaml:"accessAnalyzer"`    // tells what is open to others
	ContainerSettings *bool `yaml:"containerSettings"` // ECS: ENI trunking and container insights
	ServiceRoles      *bool `yaml:"serviceRoles"`      // the service-linked roles that services take
	Trail             *bool `yaml:"trail"`             // CloudTrail
	TrailDays         int   `yaml:"trailDays"`
	GuardDuty         *bool `yaml:"guardDuty"`
	Sessions          *bool `yaml:"sessions"` // Session Manager's preferences: encrypted and logged
	SessionLogDays    int   `yaml:"sessionLogDays"`
}

// Budget is an alarm on the bill.
type Budget struct {
	MonthlyUSD int      `yaml:"monthlyUSD"` // 0: none
	Notify     []string `yaml:"notify"`     // mail addresses
}

// AllRegions are all regions in which something is made, sorted.
func (s Settings) AllRegions() []string {
	all := append(slices.Clone(s.Account.Regions), s.State.ReplicaRegion)
	slices.Sort(all)
	return slices.Compact(all)
}

// Access is what the documents of roles are written for, as far as it is known before anything is made.
func (s Settings) Access() access.Account {
	return access.Account{
		Organisation: s.Organisation, ID: s.Account.ID, Home: s.Region, Regions: s.AllRegions(), Bucket: s.Organisation.StateBucket(s.Account.ID),
		CopyRegions: s.Account.Copies, Repositories: s.Images.Repositories,
	}
}

// Defaults returns Settings with everything set that need not be decided for an account.
func Defaults() Settings {
	on := func() *bool { yes := true; return &yes }
	off := false
	return Settings{
		State:  State{OldVersionDays: 90},
		GitHub: GitHub{Enabled: on(), Branch: "main", PreviewEnvironment: "preview", ImagesEnvironment: "images", ShortEnvironment: "ephemeral"},
		Names:  Names{MakeZone: &off},
		Images: Images{Repositories: []string{"deepstream"}, Keep: 100, UntaggedDays: 14},
		Baseline: Baseline{
			VolumeEncryption: on(), PublicAccessBlock: on(), PasswordPolicy: on(), AccessAnalyzer: on(), ContainerSettings: on(),
			ServiceRoles: on(), Trail: on(), TrailDays: 400, GuardDuty: on(), Sessions: on(), SessionLogDays: 365,
		},
	}
}

// schema is what the settings are read by.
var schema = config.Schema{
	Suffix:  naming.Organisation("").Bootstrap(),
	Fixes:   map[string]string{"account.id": "put the number here that `aws sts get-caller-identity --query Account` prints"},
	Numbers: numberRange,
}

// Read loads the settings of a stack from bootstrap/ of a repository. The error wraps config.Problems, all at once.
func Read(dir, stack string, opts config.Options) (Settings, error) {
	src, err := schema.ReadFiles(dir, stack)
	if err != nil {
		return Settings{}, err
	}
	return Load(src, opts)
}

// Keys returns the full keys of a project that Load reads.
func Keys(project string) []string { return schema.Keys(project, &Settings{}) }

// Load makes Settings of raw configuration: it decodes strictly, fills in Defaults and checks every rule.
func Load(src config.Source, opts config.Options) (Settings, error) {
	s := Defaults()
	s.Organisation = naming.Of(src.Project)
	problems, bad := schema.Decode(src, opts, &s)
	c := checker{s: s, bad: bad, problems: problems}
	c.check()
	account := s.Account.ID
	if !c.ok("account.id") {
		account = ""
	}
	c.problems = append(c.problems, s.AWS.Check(bad, account, opts.Offline)...)
	if len(c.problems) > 0 {
		return Settings{}, fmt.Errorf("stack %s: %w", src.Stack, c.problems.Sorted())
	}
	return s, nil
}
