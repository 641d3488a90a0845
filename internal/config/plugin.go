package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// awsNamespace is the namespace of the plugin's keys.
const awsNamespace = "aws:"

// allowedName is the key of the accounts that a stack can be deployed to.
const allowedName = "allowedAccountIds"

// BootstrapStack is the one stack of the project in bootstrap/, which stands for the account.
const BootstrapStack = "production"

// Account reads the number of the account that bootstrap's settings name in the project at root. It is empty where the
// project has no such file, and stands behind a placeholder's mark as long as nobody has put the number in. The settings
// themselves are checked by those who deploy them.
func Account(root string) (string, error) {
	file := filepath.Join(root, "bootstrap", "Pulumi."+BootstrapStack+".yaml")
	var own struct {
		Config map[string]any `yaml:"config"`
	}
	switch err := readYAML(file, &own); {
	case errors.Is(err, os.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	}
	o, err := OrganisationOf(root)
	if err != nil {
		return "", err
	}
	var id any
	for key, value := range own.Config {
		namespace, group, _ := strings.Cut(fullKey(o.Bootstrap(), key), ":")
		if group != "account" {
			continue
		}
		if namespace != o.Bootstrap() { // nothing else would keep a stack out of another organisation's account
			return "", fmt.Errorf("read %s: %s: must be %s:account, since Pulumi.yaml has the name %s", file, key, o.Bootstrap(), o)
		}
		account, _ := value.(map[string]any)
		id = account["id"]
	}
	text, isText := id.(string)
	if id != nil && !isText { // of a text that is no number, bootstrap's own rules say what is wrong
		return "", fmt.Errorf("read %s: account.id = %s: must be an account's number, twelve digits in quotes", file, show(asCLI(id)))
	}
	return text, nil
}

// In returns the options with the account that stacks of the project at root belong to.
func (o Options) In(root string) (Options, error) {
	var err error
	o.Account, err = Account(root)
	return o, err
}

// The forms of what the plugin is told.
var (
	accountPattern       = regexp.MustCompile(`^[0-9]{12}$`)                                  // AWS Account Management, "View AWS account identifiers"
	rolePattern          = regexp.MustCompile(`^arn:aws:iam::[0-9]{12}:role(/[\w+=,.@-]+)+$`) // IAM API, Role
	sessionPattern       = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)                           // STS API, AssumeRole
	outerPattern         = regexp.MustCompile(`^[\w+=,.@:/-]{2,1000}[\w+=,.@:/-]{0,224}$`)    // STS API, AssumeRole
	profilePattern       = regexp.MustCompile(`^[^\s\[\]#;]+( [^\s\[\]#;]+)*$`)               // AWS SDKs and Tools, "Shared config and credentials files"
	pluginServicePattern = regexp.MustCompile(`^[a-z0-9]+$`)
	addressPattern       = regexp.MustCompile(`^https?://[^\s/?#]+(/[^\s?#]*)?$`)
)

// isSessionLength reports whether a text is how long a session may last, as the AWS plugin reads it: 15 minutes to 12 hours (STS
// API, AssumeRole).
func isSessionLength(text string) bool {
	d, err := time.ParseDuration(text)
	return err == nil && d >= 15*time.Minute && d <= 12*time.Hour
}

// pluginRules are what the keys take, by name.
var pluginRules = map[string]string{
	"profile":                "must be the name of a profile in AWS's own files",
	"assumeRole":             "must be a map with roleArn and, where they are needed, sessionName, externalId and duration",
	"assumeRole.roleArn":     "must be a role's ARN, arn:aws:iam::<account>:role/<name>",
	"assumeRole.sessionName": "must be 2 to 64 letters, digits and _ + = , . @ -",
	"assumeRole.externalId":  "must be 2 to 1224 letters, digits and _ + = , . @ : / -",
	"assumeRole.duration":    "must be 15m to 12h, such as 1h30m",
	"allowedAccountIds":      "must be account numbers of twelve digits; left out, it is the account that bootstrap's settings name, and [] allows every account",
	"endpoints":              "must be a list of maps from a service, as the AWS plugin calls it, to an address that begins with http:// or https://",
}

// Check holds what the plugin is told to its rules, and lets the stack into no account but the one it belongs to, as
// Options.Account has it. Keys in bad did not decode and are left alone.
func (a *AWS) Check(bad map[string]bool, account string, offline bool) (problems Problems) {
	refuse := func(key string, value any, rule string) {
		problems = append(problems, NewProblem(awsNamespace+key, value, rule, ""))
	}
	for name, form := range map[string]struct {
		value   string
		pattern interface{ MatchString(string) bool }
	}{
		"profile":                {a.Profile, profilePattern},
		"assumeRole.roleArn":     {a.AssumeRole.RoleARN, rolePattern},
		"assumeRole.sessionName": {a.AssumeRole.SessionName, sessionPattern},
		"assumeRole.externalId":  {a.AssumeRole.ExternalID, outerPattern},
		"assumeRole.duration":    {a.AssumeRole.Duration, form(isSessionLength)},
	} {
		if form.value != "" && !bad[awsNamespace+name] && !form.pattern.MatchString(form.value) {
			refuse(name, form.value, pluginRules[name])
		}
	}
	if role := a.AssumeRole; role.RoleARN == "" && role != (AssumeRole{}) && !bad[awsNamespace+"assumeRole.roleArn"] {
		refuse("assumeRole.roleArn", nil, "must be given: nothing else says which role is taken")
	}
	if !bad[awsNamespace+"endpoints"] {
		for i, endpoint := range a.Endpoints {
			for service, address := range endpoint {
				if !pluginServicePattern.MatchString(service) || !addressPattern.MatchString(address) {
					refuse(fmt.Sprintf("endpoints[%d].%s", i, service), address, pluginRules["endpoints"])
				}
			}
		}
	}
	if !bad[awsNamespace+allowedName] {
		a.guard(account, offline, refuse)
	}
	return problems
}

// guard checks the accounts that a stack can be deployed to, and fills in the one it belongs to where the stack names none.
func (a *AWS) guard(account string, offline bool, refuse func(key string, value any, rule string)) {
	for i, id := range a.AllowedAccountIDs {
		if !accountPattern.MatchString(id) {
			refuse(fmt.Sprintf("%s[%d]", allowedName, i), id, pluginRules[allowedName])
		}
	}
	number, placeholder := strings.CutPrefix(account, placeholderMark)
	switch {
	case a.AllowedAccountIDs != nil || account == "":
	case placeholder && !offline:
		refuse(allowedName, nil, "must be given as long as account.id in bootstrap/Pulumi."+BootstrapStack+".yaml is a placeholder: "+
			"nothing else says which account this stack belongs to")
	default:
		a.AllowedAccountIDs = []string{number}
	}
	if skip := a.SkipRequestingAccountID; skip != nil && *skip && len(a.AllowedAccountIDs) > 0 {
		refuse("skipRequestingAccountId", true, "must not be true where only some accounts are allowed, which is checked by asking: set "+
			awsNamespace+allowedName+" to [] as well")
	}
}

// pluginKeys are the names of the keys that a struct of groups takes for the AWS plugin, without the region's.
func pluginKeys(root reflect.Type) []string {
	f, ok := root.FieldByName("AWS")
	if !ok {
		return nil
	}
	keys := keysOf(f.Type)
	slices.Sort(keys)
	return keys
}
