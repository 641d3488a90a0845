package deploy

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMergeStackFile(t *testing.T) {
	t.Parallel()
	const config = "config:\n  # why\n  aws:region: eu-central-1\n"
	tests := map[string]struct{ root, copied, secrets, want string }{
		"first time":                    {config, "", passphrase, config},
		"salt of the copy is kept":      {config, "encryptionsalt: v1:abc\nconfig:\n  old: 1\n", passphrase, "encryptionsalt: v1:abc\n" + config},
		"root's key service is dropped": {"secretsprovider: awskms://alias/x\nencryptedkey: k\n" + config, "", passphrase, config},
		"root's key service counts": {
			"secretsprovider: awskms://alias/x\nencryptedkey: k\n" + config, "secretsprovider: awskms://old\n", "awskms://alias/x",
			"secretsprovider: awskms://alias/x\nencryptedkey: k\n" + config,
		},
		"copy's key service where root has none": {config, "secretsprovider: awskms://alias/x\nencryptedkey: k\n", "awskms://alias/x",
			"secretsprovider: awskms://alias/x\nencryptedkey: k\n" + config},
		"the state's key goes with the root's key service": {"secretsprovider: awskms://alias/x\n" + config, "", "awskms://alias/x",
			"secretsprovider: awskms://alias/x\nencryptedkey: K\n" + config},
		"and with no other": {"secretsprovider: awskms://alias/y\n" + config, "", "awskms://alias/y",
			"secretsprovider: awskms://alias/y\n" + config},
		"no stack file": {"", "", passphrase, "{}\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := mergeStackFile([]byte(tt.root), []byte(tt.copied), tt.secrets, stateKey{"awskms://alias/x", "K"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if _, err := mergeStackFile([]byte("- a\n"), nil, passphrase, stateKey{}); err == nil {
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
	if err := syncWorkDir(target, stateKey{}); err != nil {
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
	if err := syncWorkDir(target, stateKey{}); err != nil {
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
