package config

import (
	"reflect"
	"strings"
)

// outside says of keys outside the project's namespace why a stack may not set them, by full key. The engine and the AWS
// plugin read them without a word, so what stands there would either do harm or, worse, be taken to work.
var outside = map[string]string{
	"aws:accessKey": credentialsRule,
	"aws:secretKey": credentialsRule,
	"aws:token":     credentialsRule,

	"pulumi:autonaming": "must be left out: names carry what IAM policies, alarms and the search for lost resources go by",
	"pulumi:tags":       "must be left out: only Pulumi Cloud keeps a stack's tags; those of resources follow from platform.owner and platform.costCentre",
}

const (
	credentialsRule = "must be left out: credentials come from the environment or from AWS's own files, never from a stack's configuration, which everybody reads"

	awsRule    = "must be left out: the program makes its own providers, which take of the AWS plugin's settings only region"
	engineRule = "must be left out: a stack is deployed as the engine does by itself"
)

// plugin is the field of one of the AWS plugin's keys other than the region's; the zero Value for any other key.
func (d *decoder) plugin(full string) reflect.Value {
	name, of := strings.CutPrefix(full, awsNamespace)
	fields := d.root.FieldByName("AWS")
	if !of || !fields.IsValid() {
		return reflect.Value{}
	}
	return child(fields, name)
}

// checkOutside refuses a key of another namespace than the project's.
func (d *decoder) checkOutside(full, raw string, secret bool) {
	namespace, name, _ := strings.Cut(full, ":")
	rule, near := outside[full], ""
	switch {
	case rule != "":
	case namespace == "aws":
		known := append([]string{"region"}, pluginKeys(d.root.Type())...)
		rule = awsRule + strings.TrimPrefix(strings.Join(known, ", "), "region")
		if meant := nearest(name, known); distance(name, meant) <= 2 {
			near = awsNamespace + meant
		}
	case namespace == "pulumi":
		rule = engineRule
	default:
		rule = "there is no such namespace; known: " + d.project + " and aws"
		if child(d.root, name).IsValid() {
			near = d.project + ":" + name
		}
	}
	value := parse(raw)
	if secret || rule == credentialsRule {
		value = hiddenValue
	}
	d.refuse(full, value, rule, near)
}
