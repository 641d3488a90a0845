package endpoint

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
)

// kmsPrefix is how KMS's JSON protocol names its operations in X-Amz-Target.
const kmsPrefix = "TrentService."

// kmsRequest holds the parameters of the operations that are served; []byte is base64 in JSON, as in the protocol.
type kmsRequest struct {
	KeyID             string `json:"KeyId"`
	Plaintext         []byte
	CiphertextBlob    []byte
	EncryptionContext map[string]string
	KeySpec           string
	NumberOfBytes     int
}

// kmsAnswer is what the operations return, each its part.
type kmsAnswer struct {
	KeyID          string         `json:"KeyId,omitempty"`
	Plaintext      []byte         `json:",omitempty"`
	CiphertextBlob []byte         `json:",omitempty"`
	Algorithm      string         `json:"EncryptionAlgorithm,omitempty"`
	KeyMetadata    map[string]any `json:",omitempty"`
}

// serveKMS answers one call of KMS's JSON protocol, in the region that it was signed for.
func serveKMS(c *cloud.Cloud, w http.ResponseWriter, r *http.Request) {
	who, signed := signer(r)
	as, known := identity(c, who.Key)
	var q kmsRequest
	switch {
	case !signed:
		kmsFault(w, "MissingAuthenticationToken", "Request is missing Authentication Token")
		return
	case !known:
		kmsFault(w, "UnrecognizedClientException", "The security token included in the request is invalid.")
		return
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		kmsFault(w, "SerializationException", err.Error())
		return
	}
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), kmsPrefix)
	call, served := kmsCalls[operation]
	if !served {
		kmsFault(w, "UnknownOperationException", "the offline KMS does not know "+operation)
		return
	}
	answer, err := call(c, services.KeyUse{Region: who.Region, Key: q.KeyID, Context: q.EncryptionContext, As: as}, q)
	if err != nil {
		code := cloud.Code(err)
		switch code {
		case "":
			code = "KMSInternalException"
		case "AccessDenied":
			code = "AccessDeniedException" // KMS API, common errors
		}
		message := err.Error()
		if e, ok := errors.AsType[*cloud.Error](err); ok {
			message = e.Message
		}
		kmsFault(w, code, message)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(answer) // the client is gone: nobody to tell
}

func kmsFault(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})
}

var kmsCalls = map[string]func(*cloud.Cloud, services.KeyUse, kmsRequest) (kmsAnswer, error){
	"Encrypt": func(c *cloud.Cloud, u services.KeyUse, q kmsRequest) (kmsAnswer, error) {
		blob, arn, err := services.Encrypt(c, u, q.Plaintext)
		return kmsAnswer{KeyID: arn, CiphertextBlob: blob, Algorithm: "SYMMETRIC_DEFAULT"}, err
	},
	"Decrypt": func(c *cloud.Cloud, u services.KeyUse, q kmsRequest) (kmsAnswer, error) {
		plain, arn, err := services.Decrypt(c, u, q.CiphertextBlob)
		return kmsAnswer{KeyID: arn, Plaintext: plain, Algorithm: "SYMMETRIC_DEFAULT"}, err
	},
	"GenerateDataKey": generateDataKey,
	"DescribeKey":     describeKey,
}

// generateDataKey makes a key of AES_256, AES_128 or a number of bytes (KMS API, GenerateDataKey: one of the two, 1 to
// 1024 bytes).
func generateDataKey(c *cloud.Cloud, u services.KeyUse, q kmsRequest) (kmsAnswer, error) {
	n := map[string]int{"AES_256": 32, "AES_128": 16}[q.KeySpec]
	if (n == 0) == (q.NumberOfBytes == 0) || q.NumberOfBytes < 0 || q.NumberOfBytes > 1024 {
		return kmsAnswer{}, cloud.Refuse("ValidationException", "KMS API, GenerateDataKey", "Please specify either number of bytes or key spec.")
	}
	key := make([]byte, n+q.NumberOfBytes)
	if _, err := rand.Read(key); err != nil {
		return kmsAnswer{}, err
	}
	blob, arn, err := services.Encrypt(c, u, key)
	return kmsAnswer{KeyID: arn, Plaintext: key, CiphertextBlob: blob}, err
}

func describeKey(c *cloud.Cloud, u services.KeyUse, _ kmsRequest) (kmsAnswer, error) {
	state, status, err := services.DescribeKey(c, u.Region, u.Key)
	if err == nil {
		err = services.MayCall(c, u.As, u.Region, "kms:DescribeKey", cloud.Str(state, "arn"))
	}
	if err != nil {
		return kmsAnswer{}, err
	}
	return kmsAnswer{KeyMetadata: map[string]any{
		"KeyId": cloud.Str(state, "keyId"), "Arn": cloud.Str(state, "arn"), "AWSAccountId": c.Account().ID,
		"KeyState": status, "Enabled": status == "Enabled", "KeySpec": cloud.Str(state, "customerMasterKeySpec"),
		"KeyUsage": cloud.Str(state, "keyUsage"), "MultiRegion": cloud.Bool(state, "multiRegion"), "KeyManager": "CUSTOMER", "Origin": "AWS_KMS",
	}}, nil
}
