package config

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/internal/state"
)

func TestWithKeys(t *testing.T) {
	t.Parallel()
	service := state.Keys{Provider: "awskms://alias/x?region=eu-central-1", Encrypted: "AQ=="}
	const config = "# before\nconfig:\n  aws:region: eu-central-1 # here\n"
	for name, tt := range map[string]struct {
		file string
		keys state.Keys
		want string
	}{
		"none before":     {"# head\n\n" + config, service, "# head\n\n# before\nsecretsprovider: awskms://alias/x?region=eu-central-1\nencryptedkey: AQ==\nconfig:\n  aws:region: eu-central-1 # here\n"},
		"the URL before":  {"# head\nsecretsprovider: awskms://alias/x?region=eu-central-1 # why\n" + config, service, "# head\nsecretsprovider: awskms://alias/x?region=eu-central-1 # why\nencryptedkey: AQ==\n" + config},
		"another key":     {"secretsprovider: awskms://alias/y\nencryptedkey: 'old' # why\n" + config, service, "secretsprovider: awskms://alias/x?region=eu-central-1\nencryptedkey: 'AQ==' # why\n" + config},
		"to a passphrase": {"secretsprovider: awskms://alias/y # why\nencryptedkey: old\n" + config, state.Keys{Salt: "v1:a:b"}, "# before\nencryptionsalt: v1:a:b\nconfig:\n  aws:region: eu-central-1 # here\n"},
		"and back":        {"encryptionsalt: v1:a:b\n" + config, service, "# before\nsecretsprovider: awskms://alias/x?region=eu-central-1\nencryptedkey: AQ==\nconfig:\n  aws:region: eu-central-1 # here\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := WithKeys([]byte(tt.file), tt.keys)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
			again, err := WithKeys(got, tt.keys)
			if err != nil || string(again) != string(got) {
				t.Errorf("written again: %v\n%s", err, again)
			}
		})
	}
	for name, file := range map[string]string{"empty": "", "twice": "encryptedkey: a\nencryptedkey: b\n" + config, "a list": "- config\n", "no config": "a: b\n", "folded": "secretsprovider: >-\n  awskms://alias/y\n" + config, "anchored": "x: &x awskms://alias/y\nsecretsprovider: *x\n" + config} {
		if got, err := WithKeys([]byte(file), service); err == nil {
			t.Errorf("%s was taken:\n%s", name, got)
		}
	}
}
