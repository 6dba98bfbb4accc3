// What our pages use of age-encryption: ../README.md says how it becomes one file.
export { armor, Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
