package state

// Keys say what a stack's secrets are encrypted under, as a stack file and a checkpoint name it: the key of a key service, or a
// passphrase. The zero value says nothing.
type Keys struct {
	Provider  string `yaml:"secretsprovider,omitempty"` // URL of the key service's key, such as awskms://alias/x?region=eu-central-1
	Encrypted string `yaml:"encryptedkey,omitempty"`    // the key of the secrets, encrypted under the service's, in base64
	Salt      string `yaml:"encryptionsalt,omitempty"`  // of the passphrase
}

// secrets is how a checkpoint names them (sdk/go/common/apitype, SecretsProvidersV1).
type secrets struct {
	Type  string `json:"type"`
	State struct {
		URL       string `json:"url"`
		Encrypted string `json:"encryptedkey"`
		Salt      string `json:"salt"`
	} `json:"state"`
}

func (s secrets) keys() Keys {
	switch s.Type {
	case "cloud":
		return Keys{Provider: s.State.URL, Encrypted: s.State.Encrypted}
	case "passphrase":
		return Keys{Salt: s.State.Salt}
	}
	return Keys{}
}
