package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/naming"
)

// Options says what a configuration is loaded for.
type Options struct {
	Offline bool      // take the values behind placeholders as they are, since nothing will reach AWS
	Now     time.Time // the latest that AWS's clock can show; zero leaves unjudged what must not lie ahead of it
	Account string    // as Account returns it: where a stack belongs that names no account itself; empty: anywhere
}

// placeholderMark in front of a value says that the real one cannot be known before somebody makes it in the account.
const placeholderMark = "placeholder:"

// Unmarked is a value without the mark of a placeholder.
func Unmarked(value string) string { return strings.TrimPrefix(value, placeholderMark) }

// placeholderFixes says where the real value comes from, by key.
var placeholderFixes = map[string]string{
	"cluster.ami": "read the id of the image to pin in this region with " +
		"`aws ssm get-parameter --name /aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id` and put it here",
	keyWebhook:      "name the URL that says who a client is, or write auth: open",
	"service.image": "push the image to the repository in this region and put its address with the digest that the push printed here",
}

// derivedKeys are what somebody may look for, with what it follows from. What could be said twice could be contradicted.
var derivedKeys = map[string]string{
	"service.tasks":                   sizedBy,
	"service.stopTimeoutSeconds":      sizedBy,
	"edge.idleTimeoutSeconds":         "deepstream's heartbeat",
	"edge.deregistrationDelaySeconds": sizedBy,
	"edge.wafRateLimit":               "service.reconnectsPerSecond",
}

const sizedBy = "service.peakConnections and service.reconnectsPerSecond"

// Load makes a Config of a stack's raw configuration: it decodes strictly, fills in Defaults and checks every rule. The
// error wraps Problems, all of them at once; the Config is the zero value then.
func Load(src Source, opts Options) (Config, error) {
	cfg := Defaults(naming.Of(src.Project))
	problems, bad := platform.Decode(src, opts, &cfg)
	c := checker{cfg: cfg, now: opts.Now, bad: bad, problems: problems}
	c.check()
	c.problems = append(c.problems, c.cfg.AWS.Check(bad, opts.Account, opts.Offline)...)
	if len(c.problems) > 0 {
		return Config{}, fmt.Errorf("stack %s: %w", src.Stack, c.problems.sorted())
	}
	return c.cfg, nil
}

// Validate checks every rule on a Config that did not come from Load. The error is Problems.
func (cfg Config) Validate() error {
	c := checker{cfg: cfg, bad: map[string]bool{}}
	c.check()
	if len(c.problems) > 0 {
		return c.problems.sorted()
	}
	return nil
}

const secretRule = "must not be a secret: secrets live in AWS Secrets Manager, never in a stack's configuration"

// decoder walks over raw values and a struct of groups side by side and notes what does not fit.
type decoder struct {
	Schema
	project  string // the namespace of its keys
	offline  bool
	root     reflect.Value
	problems Problems
	bad      map[string]bool // keys whose value did not decode, which no rule should look at again
}

func (d *decoder) refuse(key string, value any, rule, nearest string) {
	d.bad[key] = true
	d.problems = append(d.problems, Problem{key, show(shown(key, value)), rule, nearest})
}

func (d *decoder) source(src Source) {
	for _, full := range slices.Sorted(maps.Keys(src.Values)) {
		raw := src.Values[full]
		namespace, name, _ := strings.Cut(full, ":")
		group := child(d.root, name)
		plugin := d.plugin(full)
		switch {
		case namespace != d.project && full != regionKey && !plugin.IsValid():
			d.checkOutside(full, raw, src.Secrets[full])
		case src.Secrets[full]:
			d.refuse(strings.TrimPrefix(full, d.project+":"), hiddenValue, secretRule, "")
		case full == regionKey:
			d.value(regionKey, plain(raw), d.root.FieldByName("Region"))
		case plugin.IsValid():
			d.value(full, parse(raw), plugin)
		case group.IsValid():
			d.value(name, parse(raw), group)
		case src.Complete:
			near := nearestKey(d.root.Type(), name)
			if !strings.Contains(near, ".") {
				near = d.project + ":" + near
			}
			d.refuse(full, parse(raw), "there is no such key; known: "+strings.Join(groupsOf(d.root.Type()), ", "), near)
		}
	}
}

// parse returns what JSON text stands for, or the text itself if it is not JSON.
func parse(raw string) any {
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return raw
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return raw
	}
	return v
}

// plain is parse for a key that holds text: only an object, which it must not be, is parsed.
func plain(raw string) any {
	if v, ok := parse(raw).(map[string]any); ok {
		return v
	}
	return raw
}

// value decodes v into the field a key names.
func (d *decoder) value(key string, v any, into reflect.Value) {
	if isSecret(v) {
		d.refuse(key, v, secretRule, "")
		return
	}
	if own, ok := into.Addr().Interface().(interface{ decode(*decoder, string, any) }); ok {
		own.decode(d, key, v)
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		d.group(key, v, into)
	case reflect.Map:
		d.entries(key, v, into)
	case reflect.Slice:
		d.list(key, v, into)
	case reflect.String:
		d.text(key, v, into)
	case reflect.Int:
		if n, ok := whole(v); ok {
			into.SetInt(int64(n))
		} else {
			d.refuse(key, v, "must be a whole number"+d.Numbers(key), "")
		}
	case reflect.Pointer: // *bool is the only pointer, which TestFieldsAreOfKindsThatDecode holds
		if b, ok := v.(bool); ok {
			into.Set(reflect.ValueOf(&b))
		} else {
			d.refuse(key, v, "must be true or false, without quotes", "")
		}
	}
}

// isSecret reports whether a value is one that the CLI encrypted.
func isSecret(v any) bool {
	object, ok := v.(map[string]any)
	return ok && len(object) == 1 && object["secure"] != nil
}

func (d *decoder) group(key string, v any, into reflect.Value) {
	object, ok := v.(map[string]any)
	if !ok {
		d.refuse(key, v, "must be a map with some of these keys: "+strings.Join(keysOf(into.Type()), ", "), "")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		path := key + "." + name
		if f := child(into, name); f.IsValid() {
			d.value(path, object[name], f)
		} else if rule := derivedKeys[path]; rule != "" {
			d.refuse(path, object[name], "there is no such key: it follows from "+rule, "")
		} else {
			near := nearestKey(d.root.Type(), path)
			if !slices.Contains(groupsOf(d.root.Type()), key) { // inside an entry, where the names of other groups' keys are no help
				near = key + "." + nearest(name, keysOf(into.Type()))
			}
			d.refuse(path, object[name], "there is no such key; known: "+strings.Join(keysOf(into.Type()), ", "), near)
		}
	}
}

// entries decodes a map whose keys the stack chooses, beside those that are there by default.
func (d *decoder) entries(key string, v any, into reflect.Value) {
	object, ok := v.(map[string]any)
	if !ok {
		d.refuse(key, v, "must be a map by name", "")
		return
	}
	all := reflect.MakeMap(into.Type())
	for _, name := range into.MapKeys() {
		all.SetMapIndex(name, into.MapIndex(name))
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		entry := reflect.New(into.Type().Elem())
		if service, ok := entry.Interface().(*FurtherService); ok {
			*service = furtherService()
		}
		path := key + "." + name
		d.value(path, object[name], entry.Elem())
		all.SetMapIndex(reflect.ValueOf(name), entry.Elem())
	}
	into.Set(all)
}

func (d *decoder) list(key string, v any, into reflect.Value) {
	items, ok := v.([]any)
	if !ok {
		d.refuse(key, v, "must be a list", "")
		return
	}
	list := reflect.MakeSlice(into.Type(), len(items), len(items))
	for i, item := range items {
		path := fmt.Sprintf("%s[%d]", key, i)
		d.value(path, item, list.Index(i))
		d.bad[key] = d.bad[key] || d.bad[path]
	}
	into.Set(list)
}

// timePattern is what a time becomes that stands in a stack file without quotes (asCLI).
var timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} (UTC|[+-]\d{4})$`)

func (d *decoder) text(key string, v any, into reflect.Value) {
	text, ok := v.(string)
	if !ok {
		d.refuse(key, v, "must be text; a number or true and false need quotes to be text, and a key without value is better left out", "")
		return
	}
	if timePattern.MatchString(text) {
		d.refuse(key, v, "must be in quotes: YAML takes it for a time, and writes that in its own way", "")
		return
	}
	behind, marked := strings.CutPrefix(text, placeholderMark)
	if marked && !d.offline {
		fix := d.Fixes[key]
		if fix == "" {
			fix = "put the real value here"
		}
		d.refuse(key, v, "is a placeholder, which only an offline run accepts: "+fix, "")
		return
	}
	into.SetString(behind)
}

// whole returns a JSON number that has no fraction and fits 32 bits, which is more than any setting needs.
func whole(v any) (int, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := strconv.ParseFloat(number.String(), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		return 0, false
	}
	return int(f), true
}
