package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	variableRule  = "must have names of letters, digits and underscores, no digit first"
	nowhereSecret = "everybody who may read the task definition, the state or this file would have it; put it into Secrets Manager and name it in "
)

// secretPattern is the form of a secret's name (Secrets Manager API, CreateSecret).
var secretPattern = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

const (
	mostDefinition = 64 << 10 // bytes of a task definition ("Amazon ECS service quotas", Task definition size, which AWS does not raise)
	restDefinition = 4 << 10  // of which the image, the log and what else components/service says take less
	secretARN      = 100      // bytes of a secret's ARN, beside its name
)

// checkDefinition refuses a further service whose task definition AWS would.
func (c *checker) checkDefinition(key string, s FurtherService) {
	references := map[string]string{}
	for name, secret := range s.Secrets {
		references[name] = secret + strings.Repeat("x", secretARN)
	}
	size, largest, of := 0, 0, ""
	for _, part := range []struct {
		name  string
		bytes int
	}{
		{"command", jsonBytes(s.Command)},
		{"environment", jsonBytes(s.Environment) + len(s.Environment)*len(`{"name":,"value"}`)},
		{"secrets", jsonBytes(references) + len(references)*len(`{"name":,"valueFrom"}`)},
	} {
		size += part.bytes
		if part.bytes > largest {
			largest, of = part.bytes, part.name
		}
	}
	if size > mostDefinition-restDefinition {
		c.refuseValue(key+"."+of, size, fmt.Sprintf("must be shorter: command, environment and secrets may have %d bytes together, of the %d that a task definition may have",
			mostDefinition-restDefinition, mostDefinition), "")
	}
}

// jsonBytes is how long a value is as JSON in a task definition.
func jsonBytes(value any) int {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(value) // texts
	return b.Len()
}

// checkVariables looks at what tasks of a further service find in their environment and get to run.
func (c *checker) checkVariables(key string, s FurtherService) {
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		value, at := s.Environment[name], key+".environment."+name
		form := LooksSecret(value)
		switch {
		case c.bad[at]:
		case !variablePattern.MatchString(name):
			c.refuseValue(key+".environment", name, variableRule, "")
		case form != "":
			c.refuseValue(at, hiddenValue, "must not hold "+form+": "+nowhereSecret+key+".secrets", "")
		case IsSecretName(name) && !slices.Contains([]string{"", "true", "false"}, value):
			c.refuseValue(at, hiddenValue, "must not be a secret, as its name says: "+nowhereSecret+key+".secrets", "")
		}
	}
	for i, argument := range s.Command {
		if form := LooksSecret(argument); form != "" || i > 0 && isSecretOption(s.Command[i-1]) && !strings.HasPrefix(argument, "-") {
			if form == "" {
				form = "a secret, as " + s.Command[i-1] + " says"
			}
			c.refuseValue(fmt.Sprintf("%s.command[%d]", key, i), hiddenValue, "must not hold "+form+": "+nowhereSecret+key+".secrets", "")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Secrets)) {
		c.checkSecret(key, name, s)
	}
}

// isSecretOption reports whether an argument is an option that a secret follows.
func isSecretOption(argument string) bool {
	return strings.HasPrefix(argument, "-") && !strings.Contains(argument, "=") && IsSecretName(strings.TrimLeft(argument, "-"))
}

func (c *checker) checkSecret(key, name string, s FurtherService) {
	at, secret := key+".secrets."+name, s.Secrets[name]
	_, twice := s.Environment[name]
	switch {
	case c.bad[at]:
	case !variablePattern.MatchString(name):
		c.refuseValue(key+".secrets", name, variableRule, "")
	case twice:
		c.refuseValue(at, secret, "must not be in "+key+".environment as well", "")
	case LooksSecret(secret) != "":
		c.refuseValue(at, hiddenValue, "must be the name of a secret in Secrets Manager, not the secret itself", "")
	case strings.HasPrefix(secret, "arn:"):
		c.refuseValue(at, secret, "must be the name of a secret in Secrets Manager rather than its ARN: account and region are the stack's", "")
	case !secretPattern.MatchString(secret):
		c.refuseValue(at, secret, "must be the name of a secret in Secrets Manager: up to 512 letters, digits and / _ + = . @ -", "")
	}
}
