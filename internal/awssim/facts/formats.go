package facts

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Formats are the forms of strings that the provider's checks know, by name. The generator takes for a property the first
// that agrees with the provider on every text of its battery.
var Formats = []struct {
	Name string
	Fits func(string) bool
}{
	{"arn", isARN},
	{"cidr", func(s string) bool { p, err := netip.ParsePrefix(s); return err == nil && p.Masked() == p }},
	{"cidr4", func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Addr().Is4() && p.Masked() == p
	}},
	{"cidr6", func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Addr().Is6() && p.Masked() == p
	}},
	{"cidr of a VPC", func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Addr().Is4() && p.Masked() == p && p.Bits() >= 16 && p.Bits() <= 28
	}},
	{"cidr any bits", func(s string) bool { _, err := netip.ParsePrefix(s); return err == nil }},
	{"ip", func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Zone() == "" }},
	{"ip4", func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() }},
	{"ip6", func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is6() && a.Zone() == "" }},
	{"json", func(s string) bool { return json.Valid([]byte(s)) }},
	{"json or nothing", func(s string) bool { return s == "" || json.Valid([]byte(s)) }},
	{"region", arnRegion.MatchString},
	{"launch template", regexp.MustCompile(`^lt-[a-z0-9]+$`).MatchString},
	{"positive integer", func(s string) bool { n, err := strconv.Atoi(s); return err == nil && n >= 1 && s[0] != '+' }},
	{"hour of a budget", func(s string) bool { _, err := time.Parse("2006-01-02_15:04", s); return err == nil }},
	{"cidr of any bits or nothing", func(s string) bool { _, err := netip.ParsePrefix(s); return s == "" || err == nil }},
	{"json object", func(s string) bool { var m map[string]any; return json.Unmarshal([]byte(s), &m) == nil }},
	{"policy", func(s string) bool {
		return strings.HasPrefix(strings.TrimLeft(s, " \n\t"), "{") && json.Valid([]byte(s))
	}},
	{"policy unspaced", func(s string) bool { return strings.HasPrefix(s, "{") && json.Valid([]byte(s)) }},
	{"account", regexp.MustCompile(`^(aws-managed|aws|\d{12})$`).MatchString},
	{"account number", regexp.MustCompile(`^\d{12}$`).MatchString},
	{"bool", func(s string) bool { _, err := strconv.ParseBool(s); return err == nil }},
	{"bool or nothing", func(s string) bool { _, err := strconv.ParseBool(s); return s == "" || err == nil }},
	{"integer", func(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err == nil }},
	{"integer or nothing", func(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return s == "" || err == nil }},
	{"time", func(s string) bool { _, err := time.Parse(time.RFC3339, s); return err == nil }},
	{"duration", func(s string) bool { _, err := time.ParseDuration(s); return err == nil }},
	{"duration or period", func(s string) bool {
		_, err := time.ParseDuration(s)
		return err == nil || period.MatchString(s)
	}},
	{"duration above nothing", func(s string) bool { d, err := time.ParseDuration(s); return err == nil && d >= 0 }},
	{"base64", func(s string) bool { _, err := base64.StdEncoding.DecodeString(s); return err == nil }},
	{"https url", func(s string) bool { u, err := url.Parse(s); return err == nil && u.Host != "" && u.Scheme == "https" }},
	{"url", func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
	}},
	{"regexp", func(s string) bool { _, err := regexp.Compile(s); return err == nil }},
	{"port or the traffic's", func(s string) bool {
		n, err := strconv.Atoi(s)
		return s == "traffic-port" || err == nil && n >= 1 && n <= 65536
	}},
	{"window of a week", func(s string) bool { return window.MatchString(strings.ToLower(s)) }},
	{"window of a day", dayWindow.MatchString},
	{"window of a week or nothing", func(s string) bool { return s == "" || window.MatchString(strings.ToLower(s)) }},
	{"window of a day or nothing", func(s string) bool { return s == "" || dayWindow.MatchString(s) }},
	{"duration or period or nothing", func(s string) bool {
		d, err := time.ParseDuration(s)
		return s == "" || err == nil && d >= 0 || period.MatchString(s)
	}},
}

var (
	period    = regexp.MustCompile(`^P(\d+Y)?(\d+M)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?$`)
	day       = `(mon|tue|wed|thu|fri|sat|sun)`
	window    = regexp.MustCompile(`^` + day + `:([0-1][0-9]|2[0-3]):[0-5][0-9]-` + day + `:([0-1][0-9]|2[0-3]):[0-5][0-9]$`)
	dayWindow = regexp.MustCompile(`^([0-1][0-9]|2[0-3]):[0-5][0-9]-([0-1][0-9]|2[0-3]):[0-5][0-9]$`)

	arnPartition = regexp.MustCompile(`^aws(-[a-z]+)*$`)
	arnRegion    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	arnAccount   = regexp.MustCompile(`^(aws|aws-managed|third-party|aws-marketplace|\d{12}|cw.{10})$`)
)

// isARN is the provider's internal/verify, ValidARN: an empty text counts as one.
func isARN(s string) bool {
	if s == "" {
		return true
	}
	parts := strings.SplitN(s, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && arnPartition.MatchString(parts[1]) && parts[2] != "" &&
		(parts[3] == "" || arnRegion.MatchString(parts[3])) && (parts[4] == "" || arnAccount.MatchString(parts[4])) && parts[5] != ""
}

func format(name string) func(string) bool {
	i := slices.IndexFunc(Formats, func(f struct {
		Name string
		Fits func(string) bool
	}) bool {
		return f.Name == name
	})
	if i < 0 {
		return func(string) bool { return true }
	}
	return Formats[i].Fits
}
