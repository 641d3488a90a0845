package config

import (
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
