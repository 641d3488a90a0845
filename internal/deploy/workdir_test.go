package deploy

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/internal/state"
)

func TestMergeStackFile(t *testing.T) {
	t.Parallel()
	const (
		config  = "config:\n  # why\n  aws:region: eu-central-1\n"
		kms     = "awskms://alias/x"
		service = "secretsprovider: awskms://alias/x\n"
	)
	found := state.Keys{Provider: kms, Encrypted: "K"}
	tests := map[string]struct {
		root, copied, want string
		secrets            string
		found              state.Keys
		offline            bool
	}{
		"passphrase, first time":                  {root: config, want: config},
		"passphrase, salt of the copy":            {root: config, copied: "encryptionsalt: v1:abc\nconfig:\n  old: 1\n", want: "encryptionsalt: v1:abc\n" + config},
		"passphrase, salt of the state":           {root: config, copied: "encryptionsalt: v1:abc\n", found: state.Keys{Salt: "v1:def"}, want: "encryptionsalt: v1:def\n" + config},
		"passphrase, the root's service":          {root: service + "encryptedkey: k\n" + config, want: config},
		"passphrase, no stack file":               {want: "{}\n"},
		"passphrase, copy that is no YAML":        {root: config, copied: "a: [", want: config},
		"service, the root's key":                 {secrets: kms, root: service + "encryptedkey: k\n" + config, copied: "secretsprovider: awskms://old\nencryptedkey: o\n", want: service + "encryptedkey: k\n" + config},
		"service, the copy's where root has none": {secrets: kms, root: config, copied: service + "encryptedkey: k\n", want: service + "encryptedkey: k\n" + config},
		"service, the state's key":                {secrets: kms, root: service + config, found: found, want: service + "encryptedkey: K\n" + config},
		"service, the state's before the root's":  {secrets: kms, root: service + "encryptedkey: k\n" + config, found: found, want: service + "encryptedkey: K\n" + config},
		"service, another than the state's":       {secrets: "awskms://alias/y", root: "secretsprovider: awskms://alias/y\n" + config, found: found, want: "secretsprovider: awskms://alias/y\n" + config},
		"service, the root's salt":                {secrets: kms, root: "encryptionsalt: v1:abc\n" + config, found: found, want: service + "encryptedkey: K\n" + config},
		"offline, another account's key":          {secrets: kms, offline: true, root: service + "encryptedkey: k\n" + config, want: service + config},
		"offline, the state's key":                {secrets: kms, offline: true, root: service + "encryptedkey: k\n" + config, found: found, want: service + "encryptedkey: K\n" + config},
		"hub's key, another than the file's":      {secrets: HubKey, root: service + "encryptedkey: k\n" + config, found: state.Keys{Provider: HubKey, Encrypted: "H"}, want: "secretsprovider: hashivault://hub\nencryptedkey: H\n" + config},
		"hub's key, a passphrase before":          {secrets: HubKey, root: service + "encryptedkey: k\n" + config, found: state.Keys{Salt: "v1:abc"}, want: "encryptionsalt: v1:abc\n" + config},
		"hub's key, the copy's":                   {secrets: HubKey, root: service + config, copied: "secretsprovider: hashivault://hub\nencryptedkey: c\n", want: "secretsprovider: hashivault://hub\nencryptedkey: c\n" + config},
		"offline, the copy's key":                 {secrets: kms, offline: true, root: service + "encryptedkey: k\n" + config, copied: service + "encryptedkey: c\n", want: service + "encryptedkey: c\n" + config},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := Target{Secrets: cmp.Or(tt.secrets, passphrase), Offline: tt.offline}
			got, err := mergeStackFile(target, []byte(tt.root), []byte(tt.copied), tt.found)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := mergeStackFile(Target{Secrets: passphrase}, []byte("- a\n"), nil, state.Keys{}); err == nil {
		t.Error("a list passed for a stack file")
	}
}

func TestSyncWorkDirWritesOnlyChanges(t *testing.T) {
	t.Parallel()
	target := Target{Stack: "dev", Root: t.TempDir(), WorkDir: filepath.Join(t.TempDir(), "work"), Secrets: passphrase}
	for name, content := range map[string]string{"Pulumi.yaml": "name: x\n", "Pulumi.dev.yaml": "config: {}\n"} {
		if err := os.WriteFile(filepath.Join(target.Root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syncWorkDir(target, state.Keys{}); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(target.WorkDir, "Pulumi.dev.yaml")
	before, err := os.Stat(copied)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(copied, 0o400); err != nil {
		t.Fatal(err)
	}
	if err := syncWorkDir(target, state.Keys{}); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(copied)
	if err != nil {
		t.Fatal(err)
	}
	if !after.ModTime().Equal(before.ModTime()) {
		t.Error("an unchanged copy was written again")
	}
}
