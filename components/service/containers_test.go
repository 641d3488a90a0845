package service

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func sample() Container {
	return Container{
		Name:          "deepstream",
		Image:         "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream@sha256:abc",
		Command:       []string{"node", "./bin/deepstream.js", "start"},
		Port:          6020,
		HealthCommand: []string{"CMD", "true"},
		Environment: map[string]string{
			"ZONE": "z", "HOST": "db.example", "PORT": "5432",
		},
		Secrets: map[string]string{
			"PASSWORD": SecretReference("arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf", "password"),
			"KEY":      SecretReference("arn:aws:secretsmanager:eu-central-1:111122223333:secret:key-AbCdEf", ""),
		},
		LogGroup:           "/deepstreamhub/prod-eu/deepstream",
		Region:             "eu-central-1",
		StopTimeoutSeconds: 30,
	}
}

func TestContainerDefinitions(t *testing.T) {
	t.Parallel()
	got, err := ContainerDefinitions(sample())
	require.NoError(t, err)
	require.JSONEq(t, `[{
		"name": "deepstream",
		"image": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/deepstream@sha256:abc",
		"essential": true,
		"command": ["node", "./bin/deepstream.js", "start"],
		"portMappings": [{"containerPort": 6020, "hostPort": 6020, "protocol": "tcp"}],
		"environment": [{"name": "HOST", "value": "db.example"}, {"name": "PORT", "value": "5432"}, {"name": "ZONE", "value": "z"}],
		"secrets": [
			{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:key-AbCdEf"},
			{"name": "PASSWORD", "valueFrom": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf:password::"}
		],
		"logConfiguration": {"logDriver": "awslogs", "options": {
			"awslogs-group": "/deepstreamhub/prod-eu/deepstream", "awslogs-region": "eu-central-1",
			"awslogs-stream-prefix": "deepstream", "max-buffer-size": "4m", "mode": "non-blocking"
		}},
		"healthCheck": {
			"command": ["CMD", "true"],
			"interval": 30, "timeout": 5, "retries": 3, "startPeriod": 60
		},
		"restartPolicy": {"enabled": true, "restartAttemptPeriod": 60},
		"stopTimeout": 30,
		"systemControls": [
			{"namespace": "net.core.somaxconn", "value": "16384"}, {"namespace": "net.ipv4.tcp_max_syn_backlog", "value": "16384"}
		],
		"ulimits": [{"name": "nofile", "softLimit": 1048576, "hardLimit": 1048576}],
		"readonlyRootFilesystem": true,
		"linuxParameters": {"initProcessEnabled": true, "tmpfs": [{"containerPath": "/tmp", "size": 64}]}
	}]`, got)
}

// ECS mounts the log's directory itself; mounting it twice would keep the container from starting.
func TestExecFindsADirectoryToWriteTo(t *testing.T) {
	t.Parallel()
	c := sample()
	c.Exec = true
	text, err := ContainerDefinitions(c)
	require.NoError(t, err)
	require.Contains(t, text, `"readonlyRootFilesystem":true`)
	require.Contains(t, text, `{"containerPath":"/var/lib/amazon/ssm","size":64}`)
	require.NotContains(t, text, "/var/log/amazon/ssm")
}

// Anything null or empty would come back from AWS without it, and every preview would show a new task definition.
func TestContainerDefinitionsHoldNothingEmpty(t *testing.T) {
	t.Parallel()
	c := sample()
	c.Command, c.Environment, c.Secrets, c.HealthCommand = nil, nil, nil, nil
	text, err := ContainerDefinitions(c)
	require.NoError(t, err)
	var definitions []any
	require.NoError(t, json.Unmarshal([]byte(text), &definitions))
	var look func(path string, v any)
	look = func(path string, v any) {
		switch v := v.(type) {
		case nil:
			t.Errorf("%s is null", path)
		case string:
			require.NotEmpty(t, v, path)
		case []any:
			require.NotEmpty(t, v, path)
			for _, e := range v {
				look(path+"[]", e)
			}
		case map[string]any:
			require.NotEmpty(t, v, path)
			for k, e := range v {
				look(path+"."+k, e)
			}
		}
	}
	look("", definitions)
}

func TestContainerDefinitionsAreDeterministic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := sample()
		c.Environment = rapid.MapOf(rapid.StringMatching(`[A-Z_]{1,8}`), rapid.String()).Draw(t, "environment")
		first, err := ContainerDefinitions(c)
		require.NoError(t, err)
		second, err := ContainerDefinitions(c)
		require.NoError(t, err)
		require.Equal(t, first, second)
		var back []struct{ Environment []variable }
		require.NoError(t, json.Unmarshal([]byte(first), &back))
		require.Len(t, back[0].Environment, len(c.Environment))
	})
}
