package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/internal/engine"
)

func TestOfflineEnvironment(t *testing.T) {
	t.Parallel()
	base := []string{
		"PATH=/bin", "LANG=C.UTF-8", "TMPDIR=/t", "HOME=/home/me", "AWS_PROFILE=real", "AWS_ACCESS_KEY_ID=AKIA", "PULUMI_HOME=/home/me/.pulumi",
		"PULUMI_BACKEND_URL=s3://real", "PULUMI_ACCESS_TOKEN=t", "HTTPS_PROXY=http://p", "XDG_CONFIG_HOME=/home/me/.config", "PATHOLOGICAL=1",
	}
	got := engine.OfflineEnvironment(base, engine.Offline{
		Dir: "/off", Backend: "file:///off/state", Passphrase: "p", Providers: map[string]int{"slow": 2, "aws": 1},
		AWS: []string{"AWS_ENDPOINT_URL_S3=http://off"},
	})
	want := []string{
		"PATH=/bin", "LANG=C.UTF-8", "TMPDIR=/t",
		"HOME=/off/home", "PULUMI_HOME=/off/pulumi", "PULUMI_BACKEND_URL=file:///off/state", "PULUMI_CONFIG_PASSPHRASE=p",
		"PULUMI_SKIP_UPDATE_CHECK=true", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true", "AWS_EC2_METADATA_DISABLED=true",
		"DEEPSTREAMHUB_OFFLINE=1", "AWS_ENDPOINT_URL_S3=http://off", "PULUMI_DEBUG_PROVIDERS=aws:1,slow:2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEnvironmentKeepsEverything(t *testing.T) {
	t.Parallel()
	base := []string{"AWS_PROFILE=real", "PULUMI_SKIP_UPDATE_CHECK=false"}
	got := engine.Environment(base, "EXTRA=1")
	want := []string{"AWS_PROFILE=real", "PULUMI_SKIP_UPDATE_CHECK=false", "PULUMI_SKIP_UPDATE_CHECK=true", "PULUMI_IGNORE_AMBIENT_PLUGINS=true", "EXTRA=1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(base) != 2 {
		t.Error("base was changed")
	}
}
