package cli

import (
	"cmp"
	"runtime/debug"
)

// version says from which commit a binary was built, when that was made, and by which Go; "changed" where the tree held
// more than the commit. What was built outside of a clone knows no commit.
func version(info *debug.BuildInfo, known bool) string {
	if !known {
		return "hub, built without modules"
	}
	is := map[string]string{}
	for _, s := range info.Settings {
		is[s.Key] = s.Value
	}
	text := "hub " + cmp.Or(is["vcs.revision"], "of no known commit")
	if is["vcs.time"] != "" {
		text += ", " + is["vcs.time"]
	}
	if is["vcs.modified"] == "true" {
		text += ", changed"
	}
	return text + ", " + info.GoVersion
}
