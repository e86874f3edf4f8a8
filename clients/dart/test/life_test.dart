/// A whole life of an account against a running service; README.md says how to run it.
library;

import 'dart:convert';
import 'dart:io';
import 'dart:typed_data';

import 'package:gwansang_client/gwansang_client.dart';
import 'package:test/test.dart';

final url = Platform.environment['GWANSANG_URL'] ?? 'http://localhost:8000';
final mails = Directory(Platform.environment['GWANSANG_MAILS'] ?? '.data/mail');
final photo = File(Platform.environment['GWANSANG_PHOTO'] ?? 'me.jpg').readAsBytesSync();
const password = 'correct horse 배터리 42';

void main() {
  late GwansangClient client;
  late String email;

  setUp(() async {
    client = GwansangClient(url, locale: 'en');
    email = 'dart-${newIdempotencyKey().substring(0, 12)}@example.com';
    final registration = Registration((builder) => builder
      ..email = email
      ..username = 'minji'
      ..password = password);
    await client.send(client.accounts.register(registration: registration, locale: 'ko'));
    await client.signIn(email, password, deviceName: 'a test');
  });

  tearDown(() => client.close());

  test('an account lives from sign-up to erasure', () async {
    final code = VerificationCode((builder) => builder.token = _codeFor(email));
    final account = await client.send(client.signingIn.verifyEmail(verificationCode: code));
    expect(account.emailVerified, isTrue);
    for (final purpose in ['history', 'lookalike']) {
      final consent = await client.send(client.consents.grantConsent(purpose: purpose));
      expect(consent.granted, isTrue);
    }

    final reading = await client.send(client.analysis.analyzeUploadedFace(file: photosOf([photo])));
    expect(reading.overallScore, inInclusiveRange(60, 98));
    expect(reading.partsAnalysis, isNotNull);

    final session = await client.openLive();
    expect(session.hello.isGuest, isFalse);
    final live = await session.read(_filmed(), onGuidance: (guidance) => expect(guidance.text, isNotEmpty));
    expect(live.overallScore, isNotNull);
    await session.close();

    final task = await client.submitBatch(photosOf([photo, photo]));
    final done = await client.waitForTask(task.taskId);
    final result = done.result!.oneOf.value;
    expect(result, isA<BatchOut>());
    expect((result! as BatchOut).read, 2);

    final match = await client.send(client.celebrities.matchUploadedFace(file: photosOf([photo]), k: 1));
    expect(match.matches.length, lessThanOrEqualTo(1));
    expect(await client.allReadings(size: 1).length, 4);

    final exported = await client.send(client.accounts.exportMe());
    expect(exported.analysesCount, 4);
    await client.eraseAccount(password);
    expect(await client.tokens, isNull);
    await expectLater(
      client.signIn(email, password),
      throwsA(isA<ApiException>().having((error) => error.status, 'status', 401)),
    );
  });

  test('calls whose token was refused refresh it once', () async {
    final tokens = (await client.tokens)!;
    final store = _CountingStore();
    await store.save(Tokens(accessToken: 'ended', refreshToken: tokens.refreshToken, expiresAt: tokens.expiresAt));
    store.saved = 0;
    final other = GwansangClient(url, tokens: store);
    await Future.wait([for (var i = 0; i < 12; i++) other.send(other.accounts.readMe())]);
    expect(store.saved, 1);
    other.close();
  });

  test('a refused call has a code and its fields', () async {
    final request = CompareRequest((builder) => builder
      ..a = 'the first'
      ..b = 'the second');
    await expectLater(
      client.send(client.readings.compareReadings(compareRequest: request)),
      throwsA(isA<ApiException>()
          .having((error) => error.code, 'code', 'VALIDATION_ERROR')
          .having((error) => error.fields.map((fault) => fault.field), 'fields', ['a', 'b'])),
    );
    await expectLater(
      client.send(client.celebrities.matchUploadedFace(file: photosOf([photo]))),
      throwsA(isA<ApiException>().having((error) => error.code, 'code', 'CONSENT_REQUIRED')),
    );
  });

  test('a service that is not there is an error of its own', () async {
    final nowhere = GwansangClient('http://127.0.0.1:9', attempts: 1);
    await expectLater(
      nowhere.send(nowhere.consents.readNotice()),
      throwsA(isA<ConnectionFailedException>()),
    );
    nowhere.close();
  });
}

/// Counts how often tokens are replaced.
final class _CountingStore implements TokenStore {
  Tokens? _tokens;
  int saved = 0;

  @override
  Future<Tokens?> load() async => _tokens;

  @override
  Future<void> save(Tokens? tokens) async {
    saved += 1;
    _tokens = tokens;
  }
}

/// Five seconds of a steady face.
Stream<Uint8List> _filmed() => Stream.periodic(const Duration(milliseconds: 50), (_) => photo).take(100);

/// The code of the newest mail to an address, out of the files that a service in development writes.
String _codeFor(String email) {
  final texts = mails.listSync().whereType<File>().map((file) => file.readAsStringSync());
  final mail = texts.lastWhere((text) => text.contains('To: $email'));
  final end = mail.indexOf(RegExp(r'\r?\n\r?\n'));
  final body = mail.substring(end).trim();
  final isBase64 = mail.substring(0, end).toLowerCase().contains('content-transfer-encoding: base64');
  final plain = isBase64 ? utf8.decode(base64.decode(body.replaceAll(RegExp(r'\s'), ''))) : body;
  return plain.split(RegExp(r'\r?\n')).firstWhere((line) => line.length >= 40 && !line.contains(' '));
}
