package documents

// Container and the types below are ContainerDefinition of the ECS API reference: every field there is, so
// that whatever else stands in a document is a mistake.
type Container struct {
	Command                []string             `json:"command"`
	CPU                    int                  `json:"cpu"`
	CredentialSpecs        []string             `json:"credentialSpecs"`
	DependsOn              []containerDependsOn `json:"dependsOn"`
	DisableNetworking      bool                 `json:"disableNetworking"`
	DNSSearchDomains       []string             `json:"dnsSearchDomains"`
	DNSServers             []string             `json:"dnsServers"`
	DockerLabels           map[string]string    `json:"dockerLabels"`
	DockerSecurityOptions  []string             `json:"dockerSecurityOptions"`
	EntryPoint             []string             `json:"entryPoint"`
	Environment            []KeyValue           `json:"environment"`
	EnvironmentFiles       []environmentFile    `json:"environmentFiles"`
	Essential              *bool                `json:"essential"`
	ExtraHosts             []extraHost          `json:"extraHosts"`
	FirelensConfiguration  *firelens            `json:"firelensConfiguration"`
	HealthCheck            *containerHealth     `json:"healthCheck"`
	Hostname               string               `json:"hostname"`
	Image                  string               `json:"image"`
	Interactive            bool                 `json:"interactive"`
	Links                  []string             `json:"links"`
	LinuxParameters        *linuxParameters     `json:"linuxParameters"`
	LogConfiguration       *logConfiguration    `json:"logConfiguration"`
	Memory                 int                  `json:"memory"`
	MemoryReservation      int                  `json:"memoryReservation"`
	MountPoints            []mountPoint         `json:"mountPoints"`
	Name                   string               `json:"name"`
	PortMappings           []PortMapping        `json:"portMappings"`
	Privileged             bool                 `json:"privileged"`
	PseudoTerminal         bool                 `json:"pseudoTerminal"`
	ReadonlyRootFilesystem bool                 `json:"readonlyRootFilesystem"`
	RepositoryCredentials  *repositorySignIn    `json:"repositoryCredentials"`
	ResourceRequirements   []typedValue         `json:"resourceRequirements"`
	RestartPolicy          *restartPolicy       `json:"restartPolicy"`
	Secrets                []SecretReference    `json:"secrets"`
	StartTimeout           *int                 `json:"startTimeout"`
	StopTimeout            *int                 `json:"stopTimeout"`
	SystemControls         []systemControl      `json:"systemControls"`
	Ulimits                []ulimit             `json:"ulimits"`
	User                   string               `json:"user"`
	VersionConsistency     string               `json:"versionConsistency"`
	VolumesFrom            []volumeFrom         `json:"volumesFrom"`
	WorkingDirectory       string               `json:"workingDirectory"`
}

type containerDependsOn struct {
	Condition     string `json:"condition"`
	ContainerName string `json:"containerName"`
}

// KeyValue is an environment variable.
type KeyValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type typedValue struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type environmentFile struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type extraHost struct {
	Hostname  string `json:"hostname"`
	IPAddress string `json:"ipAddress"`
}

type firelens struct {
	Options map[string]string `json:"options"`
	Type    string            `json:"type"`
}

type containerHealth struct {
	Command     []string `json:"command"`
	Interval    *int     `json:"interval"` // seconds, as are timeout and startPeriod
	Retries     *int     `json:"retries"`
	StartPeriod *int     `json:"startPeriod"`
	Timeout     *int     `json:"timeout"`
}

type linuxParameters struct {
	Capabilities       *capabilities `json:"capabilities"`
	Devices            []device      `json:"devices"`
	InitProcessEnabled bool          `json:"initProcessEnabled"`
	MaxSwap            *int          `json:"maxSwap"`
	SharedMemorySize   *int          `json:"sharedMemorySize"`
	Swappiness         *int          `json:"swappiness"`
	Tmpfs              []tmpfs       `json:"tmpfs"`
}

type capabilities struct {
	Add  []string `json:"add"`
	Drop []string `json:"drop"`
}

type device struct {
	ContainerPath string   `json:"containerPath"`
	HostPath      string   `json:"hostPath"`
	Permissions   []string `json:"permissions"`
}

type tmpfs struct {
	ContainerPath string   `json:"containerPath"`
	MountOptions  []string `json:"mountOptions"`
	Size          int      `json:"size"` // MiB
}

type logConfiguration struct {
	LogDriver     string            `json:"logDriver"`
	Options       map[string]string `json:"options"`
	SecretOptions []SecretReference `json:"secretOptions"`
}

type mountPoint struct {
	ContainerPath string `json:"containerPath"`
	ReadOnly      bool   `json:"readOnly"`
	SourceVolume  string `json:"sourceVolume"`
}

// PortMapping opens a port of a container.
type PortMapping struct {
	AppProtocol        string `json:"appProtocol"`
	ContainerPort      int    `json:"containerPort"`
	ContainerPortRange string `json:"containerPortRange"`
	HostPort           int    `json:"hostPort"`
	Name               string `json:"name"`
	Protocol           string `json:"protocol"`
}

type repositorySignIn struct {
	CredentialsParameter string `json:"credentialsParameter"`
}

type restartPolicy struct {
	Enabled              bool  `json:"enabled"`
	IgnoredExitCodes     []int `json:"ignoredExitCodes"`
	RestartAttemptPeriod *int  `json:"restartAttemptPeriod"` // seconds
}

// SecretReference is an environment variable whose value is a secret's.
type SecretReference struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

type systemControl struct {
	Namespace string `json:"namespace"`
	Value     string `json:"value"`
}

type ulimit struct {
	HardLimit int    `json:"hardLimit"`
	Name      string `json:"name"`
	SoftLimit int    `json:"softLimit"`
}

type volumeFrom struct {
	ReadOnly        bool   `json:"readOnly"`
	SourceContainer string `json:"sourceContainer"`
}

// essential reports whether the task ends with the container, which is so unless the definition says otherwise.
func (c *Container) essential() bool { return c.Essential == nil || *c.Essential }
