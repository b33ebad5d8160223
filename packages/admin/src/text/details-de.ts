type Patterns = readonly (readonly [RegExp, string])[];

/**
 * Sentences of the server with facts, as patterns. In a text `$1` is a group of the pattern, `{state:1}` the word for it in a group of texts,
 * and `{1}` the translation of the sentences within.
 */
export const GERMAN_DETAILS: Patterns = [
  [/^There is no customer (.+)\.$/, 'Den Kunden $1 gibt es nicht.'],
  [/^There is no license (\S+)\.$/, 'Die Lizenz $1 gibt es nicht.'],
  [/^There is no license with this key\.$/, 'Zu diesem Lizenzschlüssel gibt es keine Lizenz.'],
  [/^There is no license template (.+)\.$/, 'Die Vorlage $1 gibt es nicht.'],
  [/^There is no product (.+)\.$/, 'Das Produkt $1 gibt es nicht.'],
  [/^There is no e-mail message (.+)\.$/, 'Die E-Mail $1 gibt es nicht.'],
  [/^There is no order (.+)\.$/, 'Die Bestellung $1 gibt es nicht.'],
  [/^There is no quote (.+)\.$/, 'Das Angebot $1 gibt es nicht.'],
  [/^There is no partner (.+)\.$/, 'Den Partner $1 gibt es nicht.'],
  [/^There is no session (.+)\.$/, 'Die Sitzung $1 gibt es nicht.'],
  [/^There is no signing key (.+)\.$/, 'Den Signaturschlüssel $1 gibt es nicht.'],
  [/^There is no subscription (.+)\.$/, 'Das Abonnement $1 gibt es nicht.'],
  [/^There is no workflow run (.+)\.$/, 'Den Ablauf $1 gibt es nicht.'],
  [/^There is no API key (.+)\.$/, 'Den API-Schlüssel $1 gibt es nicht.'],
  [/^The customer has no note (.+)\.$/, 'Der Kunde hat keine Notiz $1.'],
  [/^The license has no blocked device (.+)\.$/, 'Die Lizenz hat kein blockiertes Gerät $1.'],
  [/^There is already a customer (.+)\.$/, 'Es gibt schon einen Kunden $1.'],
  [/^There is already a product (.+)\.$/, 'Es gibt schon ein Produkt $1.'],
  [/^There is already an order with the external_id (.+)\.$/, 'Es gibt schon eine Bestellung mit der external_id $1.'],
  [/^There is already a license template (.+)\.$/, 'Es gibt schon eine Vorlage $1.'],
  [/^There is already a subscription (.+)\.$/, 'Es gibt schon ein Abonnement $1.'],
  [/^There is already a tenant (.+)\.$/, 'Es gibt schon einen Mandanten $1.'],
  [
    /^There is already a workflow run (.+) with another workflow or input\.$/,
    'Es gibt schon einen Ablauf $1, der anders ist.',
  ],
  [/^Another license template is called "(.+)"\.$/, 'Eine andere Vorlage heißt „$1“.'],

  [/^The customer (.+) is archived\.$/, 'Der Kunde $1 ist archiviert.'],
  [/^Set `active` to true first\.$/, 'Machen Sie ihn zuerst aktiv.'],
  [/^The product (.+) is archived\.$/, 'Das Produkt $1 ist archiviert.'],
  [/^The license template (.+) is archived\.$/, 'Die Vorlage $1 ist archiviert.'],
  [/^The license template (.+) allows no trials\.$/, 'Die Vorlage $1 erlaubt keine Testlizenzen.'],
  [/^The license template (.+) belongs to another product\.$/, 'Die Vorlage $1 gehört zu einem anderen Produkt.'],
  [
    /^The license template (.+) is for trials: a license can only be issued from it\.$/,
    'Die Vorlage $1 ist für Testlizenzen: Mit ihr lässt sich nur ausstellen.',
  ],
  [
    /^Action "(.+)" is not allowed while the license (\S+) is (\w+)\.$/,
    'Die Lizenz $2 ist im Zustand „{state:3}“: Dann ist „$1“ nicht möglich.',
  ],
  [/^The license (\S+) never expires\.$/, 'Die Lizenz $1 läuft nie ab.'],
  [
    /^The license (\S+) would end after the year 9999, grace period included\.$/,
    'Die Lizenz $1 würde mit ihrer Kulanzfrist nach dem Jahr 9999 enden.',
  ],
  [
    /^The license (\S+) cannot end before (\S+): a license file is valid until then\.$/,
    'Die Lizenz $1 kann nicht vor $2 enden: So lange gilt eine Lizenzdatei.',
  ],
  [
    /^The license (\S+) has (\d+) former license keys, the oldest of which works until (\S+)\.$/,
    'Die Lizenz $1 hat $2 frühere Lizenzschlüssel, deren ältester bis $3 gilt.',
  ],
  [
    /^Rotate after that, or with overlap_seconds 0, which ends them all\.$/,
    'Ersetzen Sie den Schlüssel danach, oder ohne Übergang, was alle beendet.',
  ],
  [
    /^The license (\S+) is renewed by its subscription (.+), not by itself\.$/,
    'Die Lizenz $1 wird von ihrem Abonnement $2 verlängert, nicht von selbst.',
  ],
  [/^The license (\S+) is a trial\.$/, 'Die Lizenz $1 ist eine Testlizenz.'],
  [/^Convert it first\.$/, 'Wandeln Sie sie zuerst um.'],
  [/^The license (\S+) is not a trial\.$/, 'Die Lizenz $1 ist keine Testlizenz.'],
  [/^The feature (\S+) is not part of the license\.$/, 'Die Funktion $1 gehört nicht zur Lizenz.'],
  [/^The feature (\S+) has expired\.$/, 'Die Funktion $1 ist abgelaufen.'],
  [/^Not enough usage left for (\S+): (\S+) of (\S+) used\.$/, 'Von $1 ist zu wenig übrig: $2 von $3 sind verbraucht.'],
  [
    /^Cannot release more of (\S+) than is used \((\S+)\)\.$/,
    'Von $1 lässt sich nicht mehr zurückgeben, als verbraucht ist ($2).',
  ],
  [/^More than (\d+) changes were recorded since\.$/, 'Mehr als $1 Änderungen sind seither aufgezeichnet.'],
  [/^Choose a later `as_of`\.$/, 'Wählen Sie eine spätere Zeit.'],

  [/^Not enough free seats: (.+)$/, 'Zu wenige Plätze sind frei: {1}'],
  [/^Seat limit reached: (.+)$/, 'Alle Plätze sind belegt: {1}'],
  [/^(\d+) of (\d+) in use\.$/, '$1 von $2.'],
  [/^(\d+) of (\d+) in use, with overage up to (\d+)\.$/, '$1 von $2, mit Überziehung bis $3.'],
  [/^Choose one of `devices` to replace\.$/, 'Wählen Sie ein Gerät, das ersetzt wird.'],
  [
    /^The device needs more seats than the license has: raise max_activations\.$/,
    'Das Gerät braucht mehr Plätze, als die Lizenz hat: Geben Sie ihr mehr.',
  ],
  [/^Deactivate a device first\.$/, 'Geben Sie zuerst ein Gerät frei.'],
  [/^Deactivate (\d+) devices first\.$/, 'Geben Sie zuerst $1 Geräte frei.'],
  [/^License files hold seats until (\S+)\.$/, 'Lizenzdateien belegen Plätze bis $1.'],
  [/^Try again then, or raise max_activations\.$/, 'Versuchen Sie es dann wieder, oder geben Sie ihr mehr Plätze.'],
  [
    /^Deactivate .+ then, or raise max_activations\.$/,
    'Geben Sie dann Geräte frei, oder geben Sie der Lizenz mehr Plätze.',
  ],
  [
    /^Programs may not deactivate devices of this license\.$/,
    'Programme dürfen bei dieser Lizenz keine Geräte freigeben.',
  ],
  [/^Ask the vendor\.$/, 'Fragen Sie den Anbieter.'],
  [
    /^Programs may deactivate (\S+)(?: devices?)? per (\w+)\.$/,
    '{reset:2} dürfen Programme so viele Geräte freigeben: $1.',
  ],
  [/^Try again at (\S+), or ask the vendor\.$/, 'Versuchen Sie es am $1 wieder, oder fragen Sie den Anbieter.'],
  [/^The seat is held by a license file until (\S+)\.$/, 'Eine Lizenzdatei belegt den Platz bis $1.'],

  [
    /^Action "(.+)" is not allowed while the e-mail message (\S+) is (\w+)\.$/,
    'Die E-Mail $2 ist im Zustand „{emailStatus:3}“: Dann ist „$1“ nicht möglich.',
  ],
  [
    /^The recipient and content of the e-mail message (\S+) were erased\.$/,
    'Empfänger und Inhalt der E-Mail $1 sind gelöscht.',
  ],
  [
    /^The limit of (\d+) e-mail messages per hour is reached\.$/,
    'Die Grenze von $1 E-Mails in einer Stunde ist erreicht.',
  ],
  [/^Try again in (\d+) s\.$/, 'Versuchen Sie es in $1 Sekunden wieder.'],
  [
    /^The tenant has no texts of its own for (\S+) in (\S+)\.$/,
    'Eigene Texte für {emailTemplate:1} gibt es in der Sprache $2 nicht.',
  ],

  [
    /^Action "(.+)" is not allowed while the order (\S+) is (\w+) and its payment (\w+)\.$/,
    'Die Bestellung $2 ist im Zustand „{orderStatus:3}“ und „{payment:4}“: Dann ist „$1“ nicht möglich.',
  ],
  [
    /^The order (\S+) is paid or fulfilled in part: only its metadata can change, and times of its lines that have passed\.$/,
    'Die Bestellung $1 ist teilweise bezahlt oder erfüllt: Nur ihre Metadaten und vergangene Zeiten ihrer Positionen lassen sich ändern.',
  ],
  [
    /^The order (\S+) is fulfilled only once it is approved, as the settings of the tenant say\.$/,
    'Die Bestellung $1 wird erst erfüllt, wenn sie freigegeben ist: So sagen es die Einstellungen.',
  ],
  [
    /^The order (\S+) is fulfilled only once it is paid in full, as the settings of the tenant say\.$/,
    'Die Bestellung $1 wird erst erfüllt, wenn sie ganz bezahlt ist: So sagen es die Einstellungen.',
  ],
  [
    /^Line (\d+) cannot be fulfilled, so no line was: (.+)$/,
    'Position $1 kann nicht erfüllt werden, deshalb wurde es keine: {2}',
  ],
  [
    /^Line (\d+) cannot be fulfilled, so the order was not approved: (.+)$/,
    'Position $1 kann nicht erfüllt werden, deshalb wurde die Bestellung nicht freigegeben: {2}',
  ],
  [
    /^Only (\S+) (\S+) in minor units is due for the order (\S+)\.$/,
    'Für die Bestellung $3 sind nur $1 $2 in kleinsten Einheiten offen.',
  ],
  [
    /^Only (\S+) (\S+) in minor units is paid and not refunded for the order (\S+)\.$/,
    'Für die Bestellung $3 sind nur $1 $2 in kleinsten Einheiten bezahlt und nicht erstattet.',
  ],
  [
    /^Action "(.+)" is not allowed while the quote (\S+) is (\w+)\.$/,
    'Das Angebot $2 ist im Zustand „{orderStatus:3}“: Dann ist „$1“ nicht möglich.',
  ],
  [/^The quote (\S+) was valid until (\S+)\.$/, 'Das Angebot $1 galt bis $2.'],
  [/^Create a new one\.$/, 'Legen Sie Ersatz an.'],

  [
    /^Action "(.+)" is not allowed while the partner (\S+) is (\w+)\.$/,
    'Der Partner $2 ist im Zustand „{partnerStatus:3}“: Dann ist „$1“ nicht möglich.',
  ],
  [
    /^The license pool does not allow a partner to (.+)\.$/,
    'Die Regeln des Kontingents erlauben einem Partner nicht: $1.',
  ],
  [
    /^The partner has no usable pools of the license template (.+)\.$/,
    'Der Partner hat kein brauchbares Kontingent der Vorlage $1.',
  ],
  [
    /^The partner has (\S+) usable pools of the license template (.+)\.$/,
    'Der Partner hat mehrere brauchbare Kontingente der Vorlage $2.',
  ],
  [/^Ask the vendor for one\.$/, 'Bitten Sie den Anbieter um eines.'],
  [/^Name one as `pool_id`\.$/, 'Wählen Sie eines davon.'],
  [
    /^The license pool (\S+) has (\S+) licenses left, too few for this\.$/,
    'Im Kontingent $1 sind noch $2 Lizenzen, zu wenige hierfür.',
  ],
  [/^The license pool (\S+) expired at (\S+)\.$/, 'Das Kontingent $1 ist am $2 verfallen.'],
  [
    /^The license pool (\S+) is for licenses of the template (.+)\.$/,
    'Das Kontingent $1 ist für Lizenzen der Vorlage $2.',
  ],
  [/^There is no license pool (.+)\.$/, 'Das Kontingent $1 gibt es nicht.'],
  [/^The invitation (\S+) is (\w+)\.$/, 'Die Einladung $1 ist im Zustand „{invitationStatus:2}“.'],

  [
    /^The resource is at version (\d+), not at the version in If-Match\.$/,
    'Inzwischen hat jemand eine Änderung gemacht: Es gilt Version $1.',
  ],
  [/^Read it again\.$/, 'Laden Sie die Seite neu.'],
  [
    /^This tenant requires If-Match, or `version` in a batch line\.$/,
    'Jede Änderung muss die Version nennen, auf der sie beruht.',
  ],
  [
    /^A signing key that is (\w+) cannot be (\w+)\.$/,
    'Der Signaturschlüssel ist im Zustand „{signingKeyState:1}“: Dann ist das nicht möglich.',
  ],
  [
    /^The subscription already has another event with the id (.+)\.$/,
    'Das Abonnement hat schon ein anderes Ereignis mit der ID $1.',
  ],
  [/^Each event needs an id of its own\.$/, 'Jedes Ereignis braucht eine eigene ID.'],
  [/^The subscription (.+) is linked with the license (\S+)\.$/, 'Das Abonnement $1 ist mit der Lizenz $2 verbunden.'],
  [/^Unlink it first\.$/, 'Lösen Sie es zuerst.'],
  [/^The license (\S+) has another open subscription\.$/, 'Die Lizenz $1 hat ein anderes laufendes Abonnement.'],
  [/^The license (\S+) has the open subscription (.+)\.$/, 'Die Lizenz $1 hat das laufende Abonnement $2.'],
  [/^Unlink that first\.$/, 'Lösen Sie zuerst dieses.'],
  [
    /^The license (\S+) and the subscription (.+) belong to different customers\.$/,
    'Die Lizenz $1 und das Abonnement $2 gehören verschiedenen Kunden.',
  ],
  [/^The workflow run (.+) has ended: it is (\w+)\.$/, 'Der Ablauf $1 ist zu Ende, im Zustand „{run:2}“.'],
  [/^The workflow run (.+) is (\w+)\.$/, 'Der Ablauf $1 ist im Zustand „{run:2}“.'],
  [
    /^Only a run that is STALLED can be retried\.$/,
    'Nur ein Ablauf, der still steht, kann noch einmal versucht werden.',
  ],
  [/^Workflows are not available: (.+)\.$/, 'Abläufe sind nicht verfügbar ($1).'],

  [/^Permission (\S+) is required\.$/, 'Die Berechtigung $1 ist nötig.'],
  [/^This route is not open to any caller\.$/, 'Diese Adresse ist für niemanden offen.'],
  [/^You cannot grant permissions that you do not have: (.+)\.$/, 'Diese Berechtigungen haben Sie selbst nicht: $1.'],
  [/^The networks of the key must be within yours: (.+)\.$/, 'Die Netze des Schlüssels müssen in Ihren liegen: $1.'],
  [/^The key must expire no later than yours, (\S+)\.$/, 'Der Schlüssel muss spätestens mit Ihrem enden, am $1.'],
  [/^The API key (\S+) is revoked or expired\.$/, 'Der API-Schlüssel $1 ist widerrufen oder abgelaufen.'],
  [
    /^The metadata key (.+) is not declared as a filter\.$/,
    'Der Schlüssel $1 der Metadaten ist nicht als Filter erklärt.',
  ],
  [/^Add it to `metadata_filters` of the settings\.$/, 'Fügen Sie ihn in den Einstellungen zu den Filtern hinzu.'],
  [
    /^The filter by the metadata key (.+) is still being prepared\.$/,
    'Der Filter nach dem Schlüssel $1 der Metadaten wird noch vorbereitet.',
  ],
  [/^Try again later\.$/, 'Versuchen Sie es später noch einmal.'],

  [/^The request is not valid; see errors\.$/, 'Die Anfrage ist nicht gültig.'],
  [/^Too many requests\.$/, 'Das sind zu viele Anfragen.'],
  [/^The body is larger than (.+)\.$/, 'Der Inhalt ist größer als $1.'],
  [/^The line is longer than (\d+) bytes\.$/, 'Die Zeile ist länger als $1 Bytes.'],
  [
    /^A request has at most (\d+) lines, empty ones included\.$/,
    'Eine Anfrage hat höchstens $1 Zeilen, leere mitgezählt.',
  ],
  [/^This line and all later lines were not processed\.$/, 'Diese Zeile und alle späteren wurden nicht verarbeitet.'],
  [/^.+ did not arrive within (\S+) s\.$/, 'Der Inhalt kam nicht binnen $1 Sekunden an.'],
  [/^The server is not ready\.$/, 'Der Server ist nicht bereit.'],
  [/^The server is not ready: (.+)\.$/, 'Der Server ist nicht bereit ($1).'],
  [/^The request cannot be read: (.+)\.$/, 'Die Anfrage ist nicht lesbar: {1}.'],
  [/^the body must be well-formed JSON$/, 'Der Inhalt muss gültiges JSON sein'],
  [/^it must be well-formed JSON$/, 'Sie muss gültiges JSON sein'],
  [/^an object has a duplicate member$/, 'Ein Objekt hat einen Namen doppelt'],
  [/^the number (\S+) would be rounded; send it as text$/, 'Die Zahl $1 würde gerundet; senden Sie sie als Text'],
  [/^a line must be a JSON object$/, 'Eine Zeile muss ein JSON-Objekt sein'],
  [/^the first line is unreadable$/, 'Die erste Zeile ist nicht lesbar'],
  [/^the first line has a column without a name$/, 'Die erste Zeile hat eine Spalte ohne Namen'],
  [/^the first line names a column twice$/, 'Die erste Zeile nennt eine Spalte doppelt'],
  [/^the row has (\d+) values, and the first line (\d+) names$/, 'Die Zeile hat $1 Werte und die erste Zeile $2 Namen'],
  [
    /^the quoted value that begins in line (\d+) does not end$/,
    'Der Wert in Anführungszeichen, der in Zeile $1 beginnt, endet nicht',
  ],
  [
    /^line (\d+) has a quote within a value that does not begin with one$/,
    'Zeile $1 hat ein Anführungszeichen in einem Wert, der nicht damit beginnt',
  ],
  [
    /^line (\d+) has text behind the quote that ends the value which begins in line (\d+)$/,
    'Zeile $1 hat Text hinter dem Anführungszeichen, das den Wert beendet, der in Zeile $2 beginnt',
  ],
  [/^The line was not imported: (.+)\.$/, 'Die Zeile wurde nicht importiert: {1}.'],
  [
    /^an earlier line has the same license key, external id or idempotency key$/,
    'Eine frühere Zeile hat denselben Lizenzschlüssel, dieselbe external_id oder denselben idempotency_key',
  ],
  [/^another license has its license key$/, 'Eine andere Lizenz hat ihren Lizenzschlüssel'],
  [
    /^the license with its external id has another license key$/,
    'Die Lizenz mit ihrer external_id hat einen anderen Lizenzschlüssel',
  ],
  [
    /^its license key and its external id belong to different licenses$/,
    'Ihr Lizenzschlüssel und ihre external_id gehören zu verschiedenen Lizenzen',
  ],

  [/^License (\d+): (.+)$/, 'Lizenz $1: {2}'],
  [/^The vendor of this license is suspended\.$/, 'Der Anbieter dieser Lizenz ist gesperrt.'],
  [/^The license is valid\.$/, 'Die Lizenz ist gültig.'],
  [
    /^The license has expired and may be used until (\S+)\.$/,
    'Die Lizenz ist abgelaufen und darf bis $1 benutzt werden.',
  ],
  [/^The license was revoked\.$/, 'Die Lizenz wurde widerrufen.'],
  [/^The license is suspended\.$/, 'Die Lizenz ist gesperrt.'],
  [/^The license is not active yet\.$/, 'Die Lizenz ist noch nicht aktiv.'],
  [/^The license expired on (\S+)\.$/, 'Die Lizenz ist am $1 abgelaufen.'],
  [/^The license starts with its first activation\.$/, 'Die Lizenz beginnt mit der ersten Aktivierung.'],
  [/^The license starts on (\S+)\.$/, 'Die Lizenz beginnt am $1.'],
  [/^The license belongs to another product\.$/, 'Die Lizenz gehört zu einem anderen Produkt.'],
  [
    /^Versions released after (\S+) are not covered\.$/,
    'Versionen, die nach dem $1 erschienen sind, sind nicht erfasst.',
  ],
  [/^The device clock differs by (\d+) s\.$/, 'Die Uhr des Geräts weicht um $1 Sekunden ab.'],
  [/^The vendor has blocked this device for the license\.$/, 'Der Anbieter hat dieses Gerät für die Lizenz blockiert.'],
  [/^`fingerprint` is required for this license\.$/, 'Diese Lizenz braucht den Fingerabdruck des Geräts.'],
  [
    /^The seat expired because no heartbeat arrived in time\.$/,
    'Der Platz ist verfallen, weil das Gerät sich nicht rechtzeitig gemeldet hat.',
  ],
  [/^The license is activated, but on other devices\.$/, 'Die Lizenz ist aktiviert, aber auf anderen Geräten.'],
  [/^The license is not activated on this device\.$/, 'Die Lizenz ist auf diesem Gerät nicht aktiviert.'],
  [/^The device was deactivated on (\S+)\.$/, 'Das Gerät wurde am $1 freigegeben.'],
  [/^The license has no feature (\S+)\.$/, 'Die Lizenz hat keine Funktion $1.'],
  [
    /^Usage limit of (\S+) reached: (\S+) of (\S+) used\.$/,
    'Die Grenze von $1 ist erreicht: $2 von $3 sind verbraucht.',
  ],
  ...[
    ['country', 'dieses Land', 'nach Ländern', 'das Land'],
    ['domain', 'diese Domain', 'nach Domains', 'die Domain'],
    ['address', 'diese Adresse', 'nach Adressen', 'die Adresse'],
    ['MAC address', 'diese MAC-Adresse', 'nach MAC-Adressen', 'die MAC-Adresse'],
    ['hardware id', 'diese Hardware-ID', 'nach Hardware-IDs', 'die Hardware-ID'],
    ['time', 'diese Zeit', 'nach Zeiten', 'die Zeit'],
  ].flatMap(([label, one, by, it]): Patterns => [
    [new RegExp(`^The license excludes this ${label}\\.$`), `Die Lizenz schließt ${one} aus.`],
    [new RegExp(`^The license does not allow this ${label}\\.$`), `Die Lizenz erlaubt ${one} nicht.`],
    [
      new RegExp(`^The license is restricted by ${label}, and the ${label} is unknown\\.$`),
      `Die Lizenz ist ${by} beschränkt, und ${it} ist unbekannt.`,
    ],
  ]),
  [/^Another license key replaced this one\.$/, 'Ein anderer Lizenzschlüssel hat diesen ersetzt.'],
  [/^Enter the new license key\.$/, 'Geben Sie den neuen ein.'],
  [
    /^Another license key replaced this one, which works until (\S+)\.$/,
    'Ein anderer Lizenzschlüssel hat diesen ersetzt, der noch bis $1 gilt.',
  ],
  [
    /^The event log and the license disagree on (.+), reconstructed as far as the log allows\.$/,
    'Protokoll und Lizenz stimmen nicht überein bei $1: so weit hergestellt, wie das Protokoll es erlaubt.',
  ],
  [
    /^The license holder's personal data has been erased\.$/,
    'Die persönlichen Daten des Lizenznehmers wurden gelöscht.',
  ],
  [/^Whether the device had a seat is unknown\.$/, 'Ob das Gerät einen Platz hatte, ist unbekannt.'],
  [
    /^A later request of the device has overwritten its data and times\.$/,
    'Eine spätere Anfrage des Geräts hat seine Daten und Zeiten überschrieben.',
  ],
  [
    /^The license was later given the terms of another template, which changed the end of the lease\.$/,
    'Die Lizenz bekam später die Bedingungen einer anderen Vorlage, was das Ende der Zuteilung änderte.',
  ],
  [
    /^The usage of (\S+) at that time is unknown, because it changed later in the same period\.$/,
    'Der Verbrauch von $1 zu dieser Zeit ist unbekannt, weil er sich später im selben Zeitraum änderte.',
  ],
  [/^USAGE_EXCEEDED may have been among the reasons\.$/, 'Erschöpfter Verbrauch kann unter den Gründen gewesen sein.'],

  // Templates of e-mail and their variables.
  [/^Name of the sender\.$/, 'Name des Absenders.'],
  [
    /^Name of the customer; what the sender of the message gives, if there is no customer\.$/,
    'Name des Kunden; ohne Kunden das, was der Absender angibt.',
  ],
  [/^The setting PUBLIC_URL\.$/, 'Die Einstellung PUBLIC_URL.'],
  [/^Id of the license\.$/, 'ID der Lizenz.'],
  [/^The license key\.$/, 'Der Lizenzschlüssel.'],
  [/^Needs the permission `licenses:reveal-key`\.$/, 'Dafür ist die Berechtigung licenses:reveal-key nötig.'],
  [/^Last four characters of the license key\.$/, 'Die letzten vier Zeichen des Lizenzschlüssels.'],
  [/^Name of the product\.$/, 'Name des Produkts.'],
  [/^Type of the license\.$/, 'Art der Lizenz.'],
  [/^Name that the license was issued to\.$/, 'Name, auf den die Lizenz ausgestellt ist.'],
  [/^Date of issue\.$/, 'Tag der Ausstellung.'],
  [/^Date of expiry; empty if the license never expires\.$/, 'Tag des Ablaufs; leer, wenn die Lizenz nie abläuft.'],
  [/^Days until the expiry, rounded up; empty after it\.$/, 'Tage bis zum Ablauf, aufgerundet; danach leer.'],
  [/^Date at which the grace period ends; empty without one\.$/, 'Tag, an dem die Kulanzfrist endet; ohne sie leer.'],
  [/^Number of seats; empty if unlimited\.$/, 'Zahl der Plätze; leer, wenn unbegrenzt.'],
  [/^Whether the license is a trial\.$/, 'Ob die Lizenz eine Testlizenz ist.'],
  [/^Whether the license is renewed automatically\.$/, 'Ob die Lizenz sich selbst verlängert.'],
  [/^Name of the partner\.$/, 'Name des Partners.'],
  [
    /^Code of the invitation, which is made when the message is sent\.$/,
    'Code der Einladung, der beim Senden entsteht.',
  ],
  [/^Empty without an invitation\.$/, 'Ohne Einladung leer.'],
  [
    /^Link under PUBLIC_URL with the code of the invitation in its fragment; empty without a code\.$/,
    'Link unter PUBLIC_URL mit dem Code der Einladung im Fragment; ohne Code leer.',
  ],
  [/^Date at which the invitation ends\.$/, 'Tag, an dem die Einladung endet.'],
  [/^Id of the order\.$/, 'ID der Bestellung.'],
  [/^Number of the order as the customer knows it\.$/, 'Nummer der Bestellung, wie der Kunde sie kennt.'],
  [/^Date of the order\.$/, 'Tag der Bestellung.'],
  [/^Total with its currency\.$/, 'Summe mit Währung.'],
  [/^Lines of the order\.$/, 'Positionen der Bestellung.'],
  [/^A license was issued, with its license key\.$/, 'Eine Lizenz wurde ausgestellt, mit ihrem Lizenzschlüssel.'],
  [/^A license expires, or is renewed, in some days\.$/, 'Eine Lizenz läuft in einigen Tagen ab oder wird verlängert.'],
  [/^A license has expired\.$/, 'Eine Lizenz ist abgelaufen.'],
  [/^A trial ends in some days\.$/, 'Eine Testlizenz endet in einigen Tagen.'],
  [
    /^A partner was approved, with a link by which it gets its API key\.$/,
    'Ein Partner wurde zugelassen, mit einem Link, über den er seinen API-Schlüssel bekommt.',
  ],
  [/^An order was fulfilled\.$/, 'Eine Bestellung wurde erfüllt.'],
];

/** Between two sentences, and between the parts of a refused line. */
const BETWEEN = /(?<=\.) (?=[A-Z`])| · /;

interface German {
  readonly faults: Patterns;
  /** Texts of the admin UI by id. */
  readonly words: Readonly<Record<string, string>>;
}

/** Returns what the server says in English, in German; undefined where a part of it is not known. */
export function toGerman(detail: string, german: German): string | undefined {
  // Whole first: a name within may look like the end of a sentence.
  const whole = sentenceInGerman(detail, german);
  if (whole !== undefined) return whole;
  const sentences = detail.split(BETWEEN);
  if (sentences.length === 1) return undefined;
  const texts = sentences.map((sentence) => sentenceInGerman(sentence, german));
  return texts.includes(undefined) ? undefined : texts.join(' ');
}

function sentenceInGerman(sentence: string, german: German): string | undefined {
  for (const [pattern, text] of GERMAN_DETAILS) {
    const found = pattern.exec(sentence);
    if (found) return filled(text, found, german);
  }
  // A fault of a member that its pointer names.
  const [, pointer = '', fault = ''] = /^(\/\S+|) ?(.+)$/.exec(sentence) ?? [];
  const known = german.faults.find(([pattern]) => pattern.test(fault));
  return known && `${pointer} ${fault.replace(...known)}`.trim();
}

function filled(text: string, found: RegExpExecArray, german: German): string | undefined {
  const { words } = german;
  const within = [...text.matchAll(/\{(\d)\}/g)].map(([, index]) => toGerman(found[Number(index)] ?? '', german));
  if (within.includes(undefined)) return undefined;
  return text.replaceAll(/\$(\d)|\{(?:(\w+):)?(\d)\}/g, (_, plain?: string, group?: string, index?: string) => {
    const part = found[Number(plain ?? index)] ?? '';
    if (plain !== undefined) return part;
    if (group !== undefined) return words[`${group}.${part}`] ?? words[`${group}.${part.toUpperCase()}`] ?? part;
    return within.shift() ?? '';
  });
}
