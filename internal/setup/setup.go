// Package setup writes the files that make a clone of the project an organisation's own: stack files, the account's
// settings, and the name in both Pulumi.yaml. What it is told is checked by the rules of these files.
package setup

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/naming"
)

// Platform is all that somebody has to decide before there are files.
type Platform struct {
	Organisation naming.Organisation
	Domain       string   // the public hosted zone
	Account      string   // its number, or that behind a placeholder's mark
	Regions      []Region // in the order of deployment; the state lives in the first
	Replica      string   // the region in which the state survives the loss of the first
	Owner        string   // tag on what is the account's
	CostCentre   string   // the same
	Repository   string   // owner/name on GitHub
	BudgetUSD    int      // a month; 0: none
	Notify       []string // mail addresses that hear of the budget
}

// Region is one stack.
type Region struct {
	Stack, Name, Hostname string   // prod-eu in eu-central-1, eu.example.com
	CIDR                  string   // of the network
	Zones                 []string // ids
	CopyTo                string   // the region of the copies of backups
	AMI                   string   // that offline runs take, until a real one is pinned
	Owner, CostCentre     string   // tags
}

// zones is how many zones a region has from the start.
const zones = 3

// In returns regions by name, in that order: each with a stack named by its geography, or by all of its name where two share
// one, a network of its own, and copies of its backups in the next one, or in another region, copies, where that is given.
// The error holds every name that is none.
func (p *Platform) In(names []string, copies string) error {
	var problems []error
	shared := map[string]int{}
	for _, name := range names {
		shared[geography(name)]++
	}
	p.Regions, p.Replica = nil, copies
	for i, name := range names {
		ids := config.ZoneIDs(name)
		if len(ids) < zones {
			problems = append(problems, fmt.Errorf("%q: must be a commercial region with three zones, one of %s", name, strings.Join(config.Regions(), ", ")))
			continue
		}
		if slices.Contains(names[:i], name) {
			problems = append(problems, fmt.Errorf("%q: stands there twice", name))
			continue
		}
		short := geography(name)
		if shared[short] > 1 {
			short = name
		}
		to := copies
		if to == "" {
			to = names[(i+1)%len(names)]
		}
		if to == name && len(names) > 1 {
			to = names[(i+1)%len(names)]
		}
		p.Regions = append(p.Regions, Region{
			Stack: "prod-" + short, Name: name, Hostname: short + "." + p.Domain, CIDR: fmt.Sprintf("10.%d.0.0/16", 16+i), Zones: ids[:zones],
			CopyTo: to, AMI: config.StandInAMI(name), Owner: p.Owner, CostCentre: p.CostCentre,
		})
	}
	if p.Replica == "" && len(names) > 1 {
		p.Replica = names[1]
	}
	return errors.Join(problems...)
}

// geography is the first part of a region's name.
func geography(region string) string {
	short, _, _ := strings.Cut(region, "-")
	return short
}

// Home is the region in which the state lives.
func (p Platform) Home() string { return p.Regions[0].Name }

// Names are the regions' names.
func (p Platform) Names() (names []string) {
	for _, r := range p.Regions {
		names = append(names, r.Name)
	}
	return names
}

// Stacks are the stacks' names.
func (p Platform) Stacks() (names []string) {
	for _, r := range p.Regions {
		names = append(names, r.Stack)
	}
	return names
}

// Copies is the region of backups in which no stack is, or empty.
func (p Platform) Copies() string {
	for _, r := range p.Regions {
		if !slices.Contains(p.Names(), r.CopyTo) {
			return r.CopyTo
		}
	}
	return ""
}

// Number is the account's number.
func (p Platform) Number() string { return config.Unmarked(p.Account) }

// Placeholder reports whether the account's number is not known yet.
func (p Platform) Placeholder() bool { return p.Number() != p.Account }

//go:embed stack.yaml.tmpl
var stackText string

//go:embed settings.yaml.tmpl
var settingsText string

var functions = template.FuncMap{"scalar": scalar, "join": func(items []string) (string, error) {
	out := make([]string, len(items))
	for i, item := range items {
		var err error
		if out[i], err = scalar(item); err != nil {
			return "", err
		}
	}
	return strings.Join(out, ", "), nil
}}

// scalar is text as YAML has it on one line.
func scalar(text string) (string, error) {
	out, err := yaml.Marshal(text)
	line := strings.TrimSuffix(string(out), "\n")
	if err == nil && strings.Contains(line, "\n") {
		err = fmt.Errorf("%q must be on one line", text)
	}
	return line, err
}

var (
	stackTemplate    = template.Must(template.New("stack").Funcs(functions).Parse(stackText))
	settingsTemplate = template.Must(template.New("settings").Funcs(functions).Parse(settingsText))
)

// StackFile is the file of one of the platform's stacks.
func (p Platform) StackFile(r Region) ([]byte, error) {
	return execute(stackTemplate, struct {
		Platform
		Region
		Owner, CostCentre string // of the region
	}{p, r, r.Owner, r.CostCentre})
}

// Settings is bootstrap's settings file.
func (p Platform) Settings() ([]byte, error) { return execute(settingsTemplate, p) }

func execute(t *template.Template, with any) ([]byte, error) {
	var out bytes.Buffer
	if err := t.Execute(&out, with); err != nil {
		return nil, fmt.Errorf("write %s: %w", t.Name(), err)
	}
	return out.Bytes(), nil
}

// teams are how the names of GitHub's teams begin in CODEOWNERS: with the organisation that they are of on GitHub.
var teams = regexp.MustCompile(`@[A-Za-z0-9-]+/`)

// Files returns the text of every file of a project that is the organisation's, by its path below root, from how the
// project is there; nil for the stack files of others. The error names a file that cannot be read.
func (p Platform) Files(root, backend string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, stack := range config.Stacks(root) {
		files["Pulumi."+stack+".yaml"] = nil
	}
	var errs []error
	put := func(path string, text []byte, err error) {
		files[path] = text
		errs = append(errs, err)
	}
	for _, r := range p.Regions {
		text, err := p.StackFile(r)
		put("Pulumi."+r.Stack+".yaml", text, err)
	}
	text, err := p.Settings()
	put(filepath.Join("bootstrap", "Pulumi."+config.BootstrapStack+".yaml"), text, err)
	name := string(p.Organisation)
	for path, project := range map[string]config.Project{
		"Pulumi.yaml": {Name: name, Description: name + "'s realtime platform on AWS, one stack per region", Backend: backend},
		filepath.Join("bootstrap", "Pulumi.yaml"): {
			Name: p.Organisation.Bootstrap(), Description: "What a blank AWS account needs before " + name + "'s regions can live in it, once per account",
		},
	} {
		before, err := os.ReadFile(filepath.Join(root, path))
		if err == nil {
			text, err = project.In(before)
		}
		put(path, text, err)
	}
	owners := filepath.Join(".github", "CODEOWNERS")
	if before, err := os.ReadFile(filepath.Join(root, owners)); err == nil {
		account, _, _ := strings.Cut(p.Repository, "/")
		put(owners, teams.ReplaceAll(before, []byte("@"+account+"/")), nil)
	}
	return files, errors.Join(errs...)
}
