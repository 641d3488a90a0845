package services

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/klauspost/compress/zstd"

	"github.com/stretchr/testify/require"
)

// A cloud whose files are not what was written is refused; one that was killed goes on with all that was acknowledged.
func TestDamagedCloudIsRefused(t *testing.T) {
	t.Parallel()
	sound := t.TempDir()
	c, err := cloud.Open(cloud.Options{Dir: sound})
	require.NoError(t, err)
	_, _, err = c.Create(t.Context(), "eu-central-1", "aws:s3/bucketV2:BucketV2", cloud.Map{"bucket": "vault"})
	require.NoError(t, err)
	for _, body := range []string{"first", "second", "third"} {
		_, err = PutObject(c, "vault", Put{Key: body, Body: []byte(body)})
		require.NoError(t, err)
	}
	require.NoError(t, c.Close())
	for _, file := range []string{"cloud.json", "objects.jsonl", "objects.tail"} {
		text, err := os.ReadFile(filepath.Join(sound, file))
		require.NoError(t, err)
		for how, data := range map[string][]byte{
			"removed": nil, "emptied": {}, "one byte": text[:1], "half": text[:len(text)/2], "two bytes short": text[:len(text)-2], "null": []byte("null"),
			"garbage": []byte("\x00\xff garbage"), "an object": []byte("{}"), "a list": []byte("[]\n"), "zeros": make([]byte, len(text)), "folder": nil,
			"no resources": []byte(`{"version":1,"seed":0,"serial":7}`), "a resource of nothing": []byte(`{"version":1,"resources":[null]}`),
			"one without state": []byte(`{"version":1,"resources":[{"type":"aws:ec2/vpc:Vpc","id":"vpc-1"}]}`),
			"one without id":    []byte(`{"version":1,"resources":[{"type":"aws:ec2/vpc:Vpc","state":{}}]}`),
		} {
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS(sound)))
			path := filepath.Join(dir, file)
			require.NoError(t, os.Remove(path))
			switch {
			case how == "folder":
				require.NoError(t, os.Mkdir(path, 0o700))
			case data != nil:
				require.NoError(t, os.WriteFile(path, data, 0o600))
			}
			before, _ := os.ReadFile(path)
			c, err := cloud.Open(cloud.Options{Dir: dir})
			if file == "objects.tail" && how == "removed" { // as before there was one
				require.NoError(t, err)
				require.NoError(t, c.Close())
				continue
			}
			require.Error(t, err, "%s %s", file, how)
			require.Contains(t, err.Error(), file, how)
			after, _ := os.ReadFile(path)
			require.Equal(t, before, after, "it is kept as it is: %s %s", file, how)
			_, err = cloud.Open(cloud.Options{Dir: dir})
			require.NotContains(t, err.Error(), "in use", "the directory is free")
		}
	}

	// Killed between a write and its acknowledgement.
	log, err := os.OpenFile(filepath.Join(sound, "objects.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = log.WriteString(`{"put":{"bucket":"vault","key":"four`)
	require.NoError(t, err)
	require.NoError(t, log.Close())
	for range 2 {
		c, err = cloud.Open(cloud.Options{Dir: sound})
		require.NoError(t, err)
		require.Len(t, ListObjects(c, "vault", ""), 3)
		_, err = PutObject(c, "vault", Put{Key: "third", Body: []byte("again")})
		require.NoError(t, err)
		require.NoError(t, c.Close())
	}

	// A content that was changed is not given out.
	c, err = cloud.Open(cloud.Options{Dir: sound})
	require.NoError(t, err)
	defer c.Close()
	o, _, err := GetObject(c, "vault", "first", "")
	require.NoError(t, err)
	pack, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	other := pack.EncodeAll([]byte("other"), nil)
	for _, spoilt := range []string{"", "garbage", string(other)} {
		require.NoError(t, os.WriteFile(filepath.Join(sound, "objects", o.Content[:2], o.Content[2:]), []byte(spoilt), 0o600))
		_, _, err = GetObject(c, "vault", "first", "")
		require.ErrorContains(t, err, "is damaged", "%q", spoilt)
	}
}
