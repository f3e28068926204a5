<?php
// A token for the reader who is signed in on your pages, in plain PHP. Try it:
//   DETENTE_SSO_SECRET=… php sso-example.php 42 "Mara Quill" mara@quill.example

function encode_part(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function make_token(array $reader, string $secret): string
{
    $now = time();
    $header = ['alg' => 'HS256', 'typ' => 'JWT'];
    $claims = [
        'sub' => (string) $reader['id'], // never changes, never given to somebody else
        'name' => $reader['name'],
        'email' => $reader['email'], // leave both out if you have no address
        'email_verified' => $reader['email_verified'], // true only if you had it confirmed
        'iat' => $now,
        'exp' => $now + 300, // five minutes
        'jti' => bin2hex(random_bytes(16)), // good once
        'iss' => 'https://news.example', // as the key has them on the desk
        'aud' => 'https://talk.news.example',
    ];
    $text = encode_part(json_encode($header)) . '.' . encode_part(json_encode($claims));
    return $text . '.' . encode_part(hash_hmac('sha256', $text, $secret, true));
}

[, $id, $name, $email] = $argv;
$reader = ['id' => $id, 'name' => $name, 'email' => $email, 'email_verified' => true];
echo make_token($reader, getenv('DETENTE_SSO_SECRET')), "\n";
