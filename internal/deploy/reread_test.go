package deploy

import "testing"

func TestHalfWrittenFilesAreToldApart(t *testing.T) {
	t.Parallel()
	for stderr, half := range map[string]bool{
		"error: failed to load checkpoint: EOF\n":                                        true,
		"error: could not get snapshot: failed to load checkpoint: unexpected EOF":       true,
		"error: read \".pulumi/meta.yaml\": EOF\n":                                       true,
		"x\nerror: failed to load checkpoint: unexpected end of JSON input\n":            true,
		"error: failed to load checkpoint: invalid character 'x'":                        false,
		"error: rpc error: code = Unavailable desc = error reading from server: EOF\n":   false,
		"error: failed to load checkpoint: blob (code=NotFound): open x: no such file\n": false,
		"": false,
	} {
		if got := halfWritten(stderr); got != half {
			t.Errorf("%q: %v", stderr, got)
		}
	}
}
