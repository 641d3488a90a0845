package documents

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/stretchr/testify/require"
)

func TestUserData(t *testing.T) {
	t.Parallel()
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, tc := range map[string]struct{ text, cluster, problem string }{
		"heredoc":      {encode("#!/bin/bash\ncat >>/etc/ecs/ecs.config <<'EOF'\nECS_CLUSTER=main\nEOF\n"), "main", ""},
		"echo":         {encode("#!/bin/sh\necho \"ECS_CLUSTER=main\" >> /etc/ecs/ecs.config\n"), "main", ""},
		"none named":   {encode("#!/bin/sh\ntrue\n"), "default", ""},
		"cloud-config": {encode("#cloud-config\nruncmd: []\n"), "default", ""},
		"not base64":   {"#!/bin/sh", "", "not base64"},
		"no script":    {encode("echo hello"), "", "begins neither"},
		"bad name":     {encode("#!/bin/sh\necho ECS_CLUSTER=a.b >> /etc/ecs/ecs.config\n"), "", "not the name of a cluster"},
		"too long":     {encode("#!/bin/sh\n" + strings.Repeat("#", userDataLimit)), "", "more than"},
	} {
		got, err := ReadUserData(tc.text)
		if tc.problem != "" {
			require.ErrorContains(t, err, tc.problem, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, tc.cluster, got.Cluster, name)
	}
}

func TestContainerDefinitions(t *testing.T) {
	t.Parallel()
	around := Task{NetworkMode: "awsvpc", MemoryMiB: 2048, CPU: 1024, Execution: true}
	good := map[string]any{
		"name": "a", "image": "repo/image:1", "portMappings": []any{map[string]any{"containerPort": 80.0}},
		"healthCheck": map[string]any{"command": []any{"CMD", "true"}, "interval": 30.0, "timeout": 5.0, "retries": 3.0, "startPeriod": 60.0},
		"ulimits":     []any{map[string]any{"name": "nofile", "softLimit": 10.0, "hardLimit": 20.0}},
		"secrets":     []any{map[string]any{"name": "P", "valueFrom": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bus-AbCdEf:password::"}},
		"stopTimeout": 120.0, "linuxParameters": map[string]any{"initProcessEnabled": true, "tmpfs": []any{map[string]any{"containerPath": "/tmp", "size": 64.0}}},
	}
	read := func(c map[string]any) []facts.Problem {
		text, err := json.Marshal([]any{c})
		require.NoError(t, err)
		_, problems := ReadContainers(string(text), around)
		return problems
	}
	require.Empty(t, read(good))
	for name, tc := range map[string]struct {
		change map[string]any
		path   string
	}{
		"unknown field":    {map[string]any{"helthCheck": map[string]any{}}, "[0].helthCheck"},
		"field's case":     {map[string]any{"Image": "x"}, "[0].Image"},
		"wrong type":       {map[string]any{"essential": "true"}, "[0].essential"},
		"nested unknown":   {map[string]any{"healthCheck": map[string]any{"command": []any{"CMD", "x"}, "intervall": 3.0}}, "[0].healthCheck.intervall"},
		"no image":         {map[string]any{"image": nil}, "[0].image"},
		"name":             {map[string]any{"name": "a b"}, "[0].name"},
		"not essential":    {map[string]any{"essential": false}, ""},
		"host port":        {map[string]any{"portMappings": []any{map[string]any{"containerPort": 80.0, "hostPort": 81.0}}}, "[0].portMappings[0].hostPort"},
		"port":             {map[string]any{"portMappings": []any{map[string]any{"containerPort": 70000.0}}}, "[0].portMappings[0].containerPort"},
		"port twice":       {map[string]any{"portMappings": []any{map[string]any{"containerPort": 80.0}, map[string]any{"containerPort": 80.0}}}, "[0].portMappings[1]"},
		"protocol":         {map[string]any{"portMappings": []any{map[string]any{"containerPort": 80.0, "protocol": "http"}}}, "[0].portMappings[0].protocol"},
		"health interval":  {map[string]any{"healthCheck": map[string]any{"command": []any{"CMD", "x"}, "interval": 301.0}}, "[0].healthCheck.interval"},
		"health timeout":   {map[string]any{"healthCheck": map[string]any{"command": []any{"CMD", "x"}, "timeout": 1.0}}, "[0].healthCheck.timeout"},
		"health retries":   {map[string]any{"healthCheck": map[string]any{"command": []any{"CMD", "x"}, "retries": 11.0}}, "[0].healthCheck.retries"},
		"health command":   {map[string]any{"healthCheck": map[string]any{"command": []any{"curl"}}}, "[0].healthCheck.command"},
		"ulimit":           {map[string]any{"ulimits": []any{map[string]any{"name": "files", "softLimit": 1.0, "hardLimit": 1.0}}}, "[0].ulimits[0].name"},
		"soft limit":       {map[string]any{"ulimits": []any{map[string]any{"name": "nofile", "softLimit": 2.0, "hardLimit": 1.0}}}, "[0].ulimits[0].softLimit"},
		"secret":           {map[string]any{"secrets": []any{map[string]any{"name": "P", "valueFrom": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:bus"}}}, "[0].secrets[0].valueFrom"},
		"variable twice":   {map[string]any{"environment": []any{map[string]any{"name": "P", "value": "x"}}}, "[0].secrets[0].name"},
		"log driver":       {map[string]any{"logConfiguration": map[string]any{"logDriver": "cloudwatch"}}, "[0].logConfiguration.logDriver"},
		"log group":        {map[string]any{"logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]any{"awslogs-region": "eu-central-1"}}}, "[0].logConfiguration.options.awslogs-group"},
		"log option":       {map[string]any{"logConfiguration": map[string]any{"logDriver": "awslogs", "options": map[string]any{"awslogs-region": "eu-central-1", "awslogs-group": "g", "awslogs-prefix": "p"}}}, "[0].logConfiguration.options"},
		"memory too small": {map[string]any{"memory": 5.0}, "[0].memory"},
		"memory of task":   {map[string]any{"memory": 4096.0}, ""},
		"cpu of task":      {map[string]any{"cpu": 2048.0}, ""},
		"mount":            {map[string]any{"mountPoints": []any{map[string]any{"sourceVolume": "v", "containerPath": "/v"}}}, "[0].mountPoints[0].sourceVolume"},
		"depends":          {map[string]any{"dependsOn": []any{map[string]any{"containerName": "b", "condition": "START"}}}, "[0].dependsOn[0].containerName"},
		"links":            {map[string]any{"links": []any{"b"}}, "[0].links"},
		"restart period":   {map[string]any{"restartPolicy": map[string]any{"enabled": true, "restartAttemptPeriod": 30.0}}, "[0].restartPolicy.restartAttemptPeriod"},
		"tmpfs":            {map[string]any{"linuxParameters": map[string]any{"tmpfs": []any{map[string]any{"containerPath": "/tmp"}}}}, "[0].linuxParameters.tmpfs[0]"},
	} {
		changed := maps.Clone(good)
		for k, v := range tc.change {
			if changed[k] = v; v == nil {
				delete(changed, k)
			}
		}
		found := read(changed)
		require.NotEmpty(t, found, name)
		require.Equal(t, tc.path, found[0].Path, "%s: %v", name, found)
	}
	for name, text := range map[string]string{
		"two names":  `[{"name":"a","image":"i"},{"name":"a","image":"i"}]`,
		"none":       `[]`,
		"an object":  `{"name":"a","image":"i"}`,
		"no memory?": `[{"name":"a","image":"i"}]`,
	} {
		surround := around
		if name == "no memory?" {
			surround.MemoryMiB = 0
		}
		_, problems := ReadContainers(text, surround)
		require.NotEmpty(t, problems, name)
	}
}
